package lobby

import (
	"context"
	"net"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// perWriter is how many answers one goroutine writes before another one helps it.
const perWriter = 64

// queue is all who wait for one answer, first come first.
type queue struct{ waiting []guest } // guarded by the lobby's mu

// guest waits in a queue.
type guest struct {
	seat *seat
	left func()
	sent int // bytes of the answer
	err  error
}

// Wait has conn, which Accept returned and whose last request was read, wait for an answer. ask returns it, whole, with its header; it
// may take its time until its context ends, and nil sends all away without one. It is called once for all who wait with an equal
// key. read is what was read of the next request. left is called once, when conn waits no more; then it is
// accepted again with its next request.
func (b *Lobby) Wait(key any, conn net.Conn, read []byte, ask func(context.Context) []byte, left func()) {
	s, ours := conn.(*seat)
	b.mu.Lock()
	defer b.mu.Unlock()
	if !ours || b.over {
		_ = conn.Close() // nobody is answered any more
		left()
		return
	}
	s.unread = slices.Concat(read, s.unread)
	q := b.queues[key]
	if q == nil {
		q = new(queue)
		b.queues[key] = q
		b.going.Add(1)
		go b.answer(key, q, ask)
	}
	q.waiting = append(q.waiting, guest{seat: s, left: left})
}

// answer waits for a queue's answer and gives it to all.
func (b *Lobby) answer(key any, q *queue, ask func(context.Context) []byte) {
	defer b.going.Done()
	answer := ask(b.ctx)
	b.mu.Lock()
	delete(b.queues, key) // who comes now finds the answer there
	all := q.waiting
	b.mu.Unlock()
	if answer == nil {
		for _, g := range all {
			_ = g.seat.Close() // it is sent away
			g.left()
		}
		return
	}
	write(all, answer)
	for i := range all { // only now: the HTTP server would take the processors from those who still wait
		b.dismiss(&all[i], answer)
	}
}

// write gives everybody as much of the answer as he takes at once.
func write(all []guest, answer []byte) {
	var next atomic.Int64
	some := func() {
		for i := int(next.Add(1) - 1); i < len(all); i = int(next.Add(1) - 1) {
			all[i].sent, all[i].err = all[i].seat.try(answer, false)
		}
	}
	var helpers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(all)/perWriter) - 1 {
		helpers.Go(some)
	}
	some()
	helpers.Wait()
}

// dismiss lets a guest go who was given his answer, or as much as he took.
func (b *Lobby) dismiss(g *guest, answer []byte) {
	switch {
	case g.err != nil:
		_ = g.seat.Close() // he has gone
		g.left()
	case g.sent == len(answer):
		g.left()
		b.rest(g.seat, RestWithin)
	default:
		seat, left := g.seat, g.left
		rest := answer[g.sent:]
		b.going.Add(1) // this queue is counted until it returns
		go func() {
			defer b.going.Done()
			stop := context.AfterFunc(b.ctx, func() { _ = seat.Close() }) // the server goes: nobody waits for a slow reader
			err := seat.finish(rest)
			stop()
			left()
			if err != nil {
				_ = seat.Close() // he has gone, or is too slow
				return
			}
			b.rest(seat, RestWithin)
		}()
	}
}

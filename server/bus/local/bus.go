package local

import (
	"sync"

	"shoal/server/event"
)

const (
	// QueueMax bounds a hearer's queue: some seconds of all channels' parts.
	QueueMax = 4096
	// HearersMax bounds the hearers: rooms, not viewers.
	HearersMax = 64
)

// Bus carries facts from whoever publishes to all hearers, in order. The zero Bus is ready.
type Bus struct {
	mu      sync.Mutex
	hearers map[*hearer]struct{}
}

// hearer is one queue. It has one place more than facts may take: for event.Missed.
type hearer struct {
	queue  chan event.Fact
	limit  int
	missed bool // event.Missed is the last thing in the queue, or was when it was taken
}

// Publish tells all hearers of a fact. It never blocks.
func (b *Bus) Publish(fact event.Fact) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for h := range b.hearers {
		h.tell(fact)
	}
}

// Subscribe returns the facts published from now on, with a queue of size (at most QueueMax), and a function that ends
// it: it closes the channel after what is queued. A nil channel, which hears nothing, is returned beyond HearersMax.
func (b *Bus) Subscribe(size int) (facts <-chan event.Fact, stop func()) {
	size = min(max(size, 1), QueueMax)
	h := &hearer{queue: make(chan event.Fact, size+1), limit: size}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.hearers) >= HearersMax {
		return nil, func() {}
	}
	if b.hearers == nil {
		b.hearers = make(map[*hearer]struct{})
	}
	b.hearers[h] = struct{}{}
	return h.queue, func() { b.remove(h) }
}

func (b *Bus) remove(h *hearer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.hearers[h]; ok {
		delete(b.hearers, h)
		close(h.queue)
	}
}

// tell queues a fact or, where the queue is full, one event.Missed. Only tell adds to the queue, under the bus's lock,
// so neither send can block.
func (h *hearer) tell(fact event.Fact) {
	switch {
	case len(h.queue) < h.limit:
		h.queue <- fact
		h.missed = false
	case !h.missed:
		h.queue <- event.Missed{}
		h.missed = true
	}
}

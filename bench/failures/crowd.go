package main

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"os"
	"sync"
	"time"

	"shoal/bench/lab"
	"shoal/peer"
	"shoal/wire/signal"
)

const (
	// budget is how far behind live everyone plays.
	budget = 4 * time.Second
	// aheadParts is how many parts there are before viewers come: more than they stay behind.
	aheadParts = 14
	// comeEvery is the pause between two that come: handshakes take processor.
	comeEvery = 500 * time.Millisecond
)

// width is what viewers are given, in bytes per second.
type width struct {
	up, down float64       // of the line
	allowed  int           // to be sent to others; 0 is the default
	lag      time.Duration // of a line's half of the way to another
	toOrigin time.Duration
}

// viewer is a real peer behind a door and at the end of a line.
type viewer struct {
	*peer.Peer
	line *lab.Line
	door *door
	tape bytes.Buffer
}

// crowd is the viewers of a live channel, from gather to Close.
type crowd struct {
	studio  *lab.Studio
	viewers []*viewer
	witness *lab.Witness
	stop    context.CancelFunc
	company sync.WaitGroup
	failed  chan error
}

// gather starts a broadcast and lets viewers come. meet says what viewer i hears of what the tracker says; nil is everything.
func (s *stage) gather(ctx context.Context, count int, w width, meet func(c *crowd, i int, m signal.FromTracker) signal.FromTracker) (*crowd, error) {
	ctx, stop := context.WithCancel(ctx)
	c := &crowd{witness: lab.NewWitness(), stop: stop, failed: make(chan error, 2*count+1)}
	dir, err := os.MkdirTemp(s.dir, "server")
	if err != nil {
		return c, err
	}
	if c.studio, err = lab.OpenStudio(ctx, s.program, dir, s.rate); err != nil {
		return c, err
	}
	c.company.Go(func() { c.failed <- c.witness.Run(ctx, c.studio.Watch()) })
	all := lab.Internet{}
	for i := range count {
		l, err := lab.NewLine(all, netip.AddrFrom4([4]byte{127, 2, byte(i), 1}), w.up, w.down, w.lag, w.toOrigin)
		if err != nil {
			return c, err
		}
		v := &viewer{line: l}
		var rewrite func(signal.FromTracker) signal.FromTracker
		if meet != nil {
			rewrite = func(m signal.FromTracker) signal.FromTracker { return meet(c, i, m) }
		}
		if v.door, err = openDoor(c.studio.HTTP, rewrite); err != nil {
			return c, err
		}
		v.Peer = peer.New(peer.Config{Watch: v.door.at + "/c/" + lab.Channel, Latency: budget, UplinkBytesPerSecond: w.allowed, Tape: &v.tape, Net: l})
		c.viewers = append(c.viewers, v)
	}
	if err := lab.Until(ctx, "there is as much as viewers stay behind live", func() bool { return c.witness.Seen() >= aheadParts }); err != nil {
		return c, err
	}
	for _, v := range c.viewers {
		c.company.Go(func() { v.line.Run(ctx) })
		c.company.Go(func() { c.failed <- v.Run(ctx) })
		if err := lab.Rest(ctx, comeEvery); err != nil {
			return c, err
		}
	}
	return c, nil
}

// leave ends the viewers: tapes are whole then.
func (c *crowd) leave() error {
	c.stop()
	c.company.Wait()
	var errs []error
	for len(c.failed) > 0 {
		errs = append(errs, <-c.failed)
	}
	return errors.Join(errs...)
}

// Close ends everything.
func (c *crowd) Close() {
	_ = c.leave() // who wanted to know has left before
	for _, v := range c.viewers {
		if v.door != nil {
			v.door.Close()
		}
	}
	if c.studio != nil {
		c.studio.Close()
	}
}

// sums are what all viewers have received and noticed so far.
type sums struct{ peers, origin, stalls, late, links, sessions, least float64 }

func (c *crowd) sums() (s sums) {
	s.least = float64(len(c.viewers))
	for _, v := range c.viewers {
		at := v.Stats()
		s.peers += float64(at.PeerBytes)
		s.origin += float64(at.OriginBytes)
		s.stalls += float64(at.Stalls)
		s.late += float64(at.LateParts)
		s.links += float64(at.Links)
		s.sessions += float64(at.Sessions)
		s.least = min(s.least, float64(at.Links))
	}
	return s
}

// offload is the share of what came in between that came from peers, in percent.
func offload(before, after sums) float64 {
	peers, origin := after.peers-before.peers, after.origin-before.origin
	return 100 * peers / max(1, peers+origin)
}

package live

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"shoal/id"
	"shoal/server/ingest"
	"shoal/server/live/pulse"
)

const (
	// keysAgain is how often the keys of those who publish are looked up again: a key that was replaced, by whatever
	// process, ends its publication within this and keyWithin.
	keysAgain = time.Second
	// keyWithin is how long one look may take. A store that does not answer ends nobody.
	keyWithin = 5 * time.Second
)

// Request is a publisher who wants in.
type Request struct {
	Key      string
	Name     string // the channel it means, or "": then the key alone tells
	Takeover bool   // it wants the place of whoever publishes now
	From     string // its address, for the log and for the operator
	Protocol string // what it speaks, for the same
}

// Place is what a publisher was given.
type Place struct {
	Name  id.Name // of the channel
	Sink  ingest.Sink
	Leave func(error)     // to be called once, with why the publication ended, which is logged: nil for a regular end
	Cut   <-chan struct{} // closed when the place was taken away: the Sink's next error says why
	Lost  func(int)       // tells of packets that the line lost; it never blocks
	// LeftOut tells how many sounds of the publisher there is no room for; it never blocks.
	LeftOut func(sounds int)
	// RungOut tells why a picture beside the first (Track.Rung of ingest) is left out, "" that it is not any more; it never blocks.
	RungOut func(n int, why string)
	// Text takes subtitles beside the picture: plain text that stands until the next one in its language; "" takes it away.
	Text func(language, text string)
}

// Admit lets a publisher in by its stream key. ErrRefused, ErrBusy and ErrFull say why it has no place.
func (l *Live) Admit(ctx context.Context, r Request) (Place, error) {
	channel, name, known, err := l.config.Registry.Admit(ctx, r.Key)
	if err != nil {
		return Place{}, fmt.Errorf("the stream key cannot be looked up: %w", err)
	}
	if !known {
		return Place{}, fmt.Errorf("%w: no channel has it: copy it again as it was printed, or draw a new one with `shoal channel new-key`", ErrRefused)
	}
	if r.Name != "" && r.Name != string(name) {
		return Place{}, fmt.Errorf("%w: it is another channel's than the one that is named beside it: copy both again as they were printed", ErrRefused)
	}
	return l.start(ctx, Channel{ID: channel, Name: name}, r)
}

// watchKeys ends publications whose key was replaced, and broadcasts whose channel was removed, until ctx is done. It also gives up whom nobody
// need wait for any more.
func (l *Live) watchKeys(ctx context.Context) {
	again := time.NewTicker(keysAgain)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			for _, p := range l.publishers() {
				if l.lookAgain(ctx, p) != nil {
					break // a store that does not answer one does not answer the next
				}
			}
			for _, b := range l.everyBroadcast() {
				if l.lookFor(ctx, b) != nil {
					break
				}
			}
			l.giveUp(ctx)
		}
	}
}

// publishers returns those who came with a key.
func (l *Live) publishers() []*publisher {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []*publisher
	for _, b := range l.broadcasts {
		if p := b.publishing.Load(); p != nil && p.Key != "" {
			list = append(list, p)
		}
	}
	return list
}

// everyBroadcast returns all broadcasts, those that wait for their publisher among them.
func (l *Live) everyBroadcast() []*broadcast {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Values(l.broadcasts))
}

// lookFor ends a broadcast if its channel is no more: nobody is waited for.
func (l *Live) lookFor(ctx context.Context, b *broadcast) error {
	ctx, stop := context.WithTimeout(ctx, keyWithin)
	defer stop()
	exists, err := l.config.Registry.Exists(ctx, b.channel.ID)
	if err != nil || exists {
		return err
	}
	_ = b.call(func() error { // ErrOver: it is gone already
		if b.publisher != nil {
			b.detach(b.publisher, ErrRevoked)
		}
		b.end("its channel was removed")
		b.over = true
		return nil
	})
	return nil
}

// lookAgain ends one publication if its key is its channel's no more.
func (l *Live) lookAgain(ctx context.Context, p *publisher) error {
	ctx, stop := context.WithTimeout(ctx, keyWithin)
	defer stop()
	channel, _, known, err := l.config.Registry.Admit(ctx, p.Key)
	if err != nil || known && channel == p.broadcast.channel.ID {
		return err
	}
	b := p.broadcast
	_ = b.call(func() error { b.detach(p, ErrRevoked); return nil }) // ErrOver: it is gone already
	return nil
}

// Health says how a channel's publisher comes in. The zero Health is a channel without a broadcast.
func (l *Live) Health(channel id.Channel) pulse.Health {
	l.mu.Lock()
	b := l.broadcasts[channel]
	l.mu.Unlock()
	if b == nil {
		return pulse.Health{}
	}
	return b.pulse.Health(time.Now())
}

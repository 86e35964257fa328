package live

import (
	"context"
	"errors"
	"fmt"
	"time"

	"shoal/id"
)

// Ledger remembers beyond the process which channels are on air.
type Ledger interface {
	// SetOnAir notes that a broadcast of a channel began, or that it ended. It is durable.
	SetOnAir(ctx context.Context, channel id.Channel, on bool) error
	// OnAir returns the channels whose broadcast began and has not ended.
	OnAir(ctx context.Context) ([]id.Channel, error)
}

// Recall finds out whose broadcasts the end of the process before cut off: their publishers are awaited as long as if their line had broken when
// this process was ready for them. It comes before anybody asks for State: a page that hears that nothing is live says that it has ended.
func (l *Live) Recall(ctx context.Context) {
	ctx, stop := context.WithTimeout(ctx, keyWithin)
	defer stop()
	list, err := l.config.Ledger.OnAir(ctx)
	if err != nil {
		l.log.Warn("it is not known what was live before: pages say that it has ended", "err", err)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, channel := range list {
		l.awaited[channel] = time.Now()
	}
}

// awaits reports whether a channel's broadcast was cut off and its publisher may still come back.
func (l *Live) awaits(channel id.Channel) bool {
	l.mu.Lock()
	since, cut := l.awaited[channel]
	l.mu.Unlock()
	return cut && time.Since(since) < l.idle(channel)
}

// giveUp forgets publishers who did not come back in time.
func (l *Live) giveUp(ctx context.Context) {
	if len(l.late()) == 0 { // nearly always; and whoever is noting something now holds nobody up
		return
	}
	l.noting.Lock()
	defer l.noting.Unlock()
	for _, channel := range l.late() {
		l.mu.Lock()
		delete(l.awaited, channel)
		l.mu.Unlock()
		if err := l.note(ctx, channel, false); err != nil {
			l.log.Warn("the next start may say that a channel is interrupted", "id", channel, "err", err)
		}
	}
}

// late returns the channels whose publishers did not come back in time.
func (l *Live) late() (list []id.Channel) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for channel, since := range l.awaited {
		if time.Since(since) >= l.idle(channel) {
			list = append(list, channel)
		}
	}
	return list
}

// note writes into the ledger that a channel is on air, or not any more. The caller holds noting.
func (l *Live) note(ctx context.Context, channel id.Channel, on bool) error {
	if l.config.Ledger == nil {
		return nil
	}
	ctx, stop := context.WithTimeout(ctx, keyWithin)
	defer stop()
	if err := l.config.Ledger.SetOnAir(ctx, channel, on); err != nil {
		return fmt.Errorf("cannot note whether the channel is on air: %w", err)
	}
	return nil
}

// onAir notes that the broadcast is on air, or not any more. It goes on without: only what pages say after a restart depends on it.
func (b *broadcast) onAir(on bool) {
	b.live.noting.Lock()
	defer b.live.noting.Unlock()
	b.live.mu.Lock()
	delete(b.live.awaited, b.channel.ID)
	b.live.mu.Unlock()
	if err := b.live.note(b.ctx, b.channel.ID, on); err != nil && !errors.Is(err, context.Canceled) {
		b.log().Warn("after a restart pages may not say that the channel is interrupted", "err", err)
	}
}

package live

import (
	"fmt"
	"runtime/debug"
	"time"

	"shoal/server/event"
)

// contained does something, and keeps a fault of ours from ending more than this channel's epoch: the bytes that it
// stumbles over are one publisher's, the process is everybody's.
func (b *broadcast) contained(do func() error) (err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		b.log().Error("the publication is ended by a fault of ours", "panic", p, "stack", string(debug.Stack()))
		if b.live.config.Meter != nil {
			protocol := ""
			if b.publisher != nil {
				protocol = b.publisher.Protocol
			}
			b.live.config.Meter.IngestFault(protocol)
		}
		b.abandon()
		err = fmt.Errorf("a fault of ours: %v", p)
	}()
	return do()
}

// abandon closes the epoch without what is pending: whatever packed it cannot be trusted any more.
func (b *broadcast) abandon() {
	e := b.epoch
	if e == nil {
		return
	}
	b.epoch = nil
	defer func() {
		if p := recover(); p != nil {
			b.log().Error("the end of the broadcast cannot be told", "panic", p)
		}
	}()
	b.changed(func(s *State) { *s = State{} })
	if e.origin != nil {
		if err := e.origin.End(); err != nil {
			b.log().Error("cannot sign the end of the broadcast", "err", err)
		}
	}
	b.log().Info("broadcast ended", "epoch", e.number, "because", "of a fault of ours")
	b.live.config.Facts.Publish(event.BroadcastEnded{Channel: b.channel.ID, Epoch: e.number, At: time.Now()})
}

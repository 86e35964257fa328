package record

import (
	"errors"
	"testing"
	"time"

	"shoal/id"
)

// chosen is what a test keeps of its channel.
type chosen struct{ now Keeping }

func (c *chosen) Keeping(id.Channel) Keeping { return c.now }

// What a channel says goes before what the server says: with the next broadcast where something is begun, at once where something goes.
func TestAChannelHasItsOwnWay(t *testing.T) {
	way := &chosen{Keeping{Keep: false, Rewind: 0}}
	b := newBench(t, func(c *Config) { c.Channels = way })
	has := func(epoch uint64) bool {
		_, err := b.shelf.Find(Key{Channel: b.channel, Epoch: epoch})
		if err != nil && !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
		return err == nil
	}
	b.begin(1)
	b.publish(8, 1000, nil)
	way.now = Keeping{Keep: true, Rewind: time.Minute}
	b.publish(8, 1000, nil)
	if k, ok := b.recorder.Planned(b.channel, 1); !ok || k.Keep || k.Rewind != 0 {
		t.Errorf("what was settled when it began: %+v, %v", k, ok)
	}
	if _, ok := b.recorder.Planned(b.channel, 2); ok {
		t.Error("the next broadcast is planned already")
	}
	if b.end(); has(1) {
		t.Error("recorded though the channel has it off")
	}
	if s := b.recorder.Status(); s.Lost != 0 {
		t.Errorf("%d parts count as lost", s.Lost)
	}
	b.begin(2)
	if k, ok := b.recorder.Planned(b.channel, 2); !ok || !k.Keep || k.Rewind != time.Minute {
		t.Errorf("of the next one: %+v, %v", k, ok)
	}
	b.publish(8, 1000, nil)
	way.now = Keeping{Keep: false, Rewind: time.Minute}
	if b.end(); !has(2) {
		t.Error("it was to be kept when it began")
	}
	b.begin(3)
	b.publish(8, 1000, nil)
	if _, err := b.find(3).Media(0); err != nil {
		t.Errorf("rewinding: %v", err)
	}
	if b.end(); has(3) {
		t.Error("kept though it was for rewinding only")
	}
	way.now = Keeping{Keep: true, Days: 2}
	b.now = b.now.Add(3 * 24 * time.Hour)
	if b.recorder.prune(); has(2) {
		t.Error("older than the channel's days")
	}
	way.now = Keeping{Keep: true, Bytes: 60_000}
	for epoch := uint64(4); epoch <= 8; epoch++ {
		b.begin(epoch)
		b.publish(10, 2000, nil) // 40 kB
		b.end()
		b.now = b.now.Add(time.Minute)
	}
	if b.recorder.prune(); has(4) || has(7) || !has(8) {
		t.Errorf("of three that are more than the channel may have: %v %v %v", has(4), has(7), has(8))
	}
}

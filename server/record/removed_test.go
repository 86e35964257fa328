package record

import (
	"os"
	"path/filepath"
	"testing"

	"shoal/id"
)

// When a channel is removed with what is kept of it, what is whole goes at once, what is still written goes once it is whole, and what
// other channels have stays.
func TestARemovedChannelKeepsNothing(t *testing.T) {
	b := newBench(t, nil)
	b.begin(1)
	b.publish(8, 1000, nil)
	b.end()
	b.begin(2)
	b.publish(8, 1000, nil)
	other := filepath.Join(b.dir, id.Channel{1}.String(), "1")
	if err := os.MkdirAll(other, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := DeleteChannel(b.dir, b.channel); err != nil {
		t.Fatal(err)
	}
	b.recorder.prune()
	if list := b.shelf.List(b.channel, 0); len(list) != 1 || list[0].Key.Epoch != 2 {
		t.Errorf("while it is still written: %+v", list)
	}
	b.publish(8, 1000, nil)
	b.end()
	b.recorder.prune()
	if list := b.shelf.List(b.channel, 0); len(list) != 0 {
		t.Errorf("once it is whole: %+v", list)
	}
	if _, err := os.Stat(other); err != nil {
		t.Error("another channel's:", err)
	}
	if err := DeleteChannel(b.dir, b.channel); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(b.dir, b.channel.String())); !os.IsNotExist(err) {
		t.Error("its directory is left:", err)
	}
	if err := DeleteChannel(b.dir, id.Channel{9}); err != nil {
		t.Error("a channel of which nothing was ever kept:", err)
	}
}

package tracker

import (
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"shoal/segment"
	"shoal/server/event"
	"shoal/wire/signal"
)

// onTrack is part 0 of a track, with a record as long as one must be to name it.
func onTrack(track segment.Track, seq byte) event.PartPublished {
	f := part(shallows, uint64(seq))
	f.Part.Track = track
	f.Manifest = make([]byte, trackAt+2)
	f.Manifest[trackAt], f.Manifest[trackAt+1] = byte(track), seq
	return f
}

// records returns track and seq of every record that came.
func (c *client) records() (all [][2]byte) {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.bin {
		if b[0] == signal.FramePart {
			all = append(all, [2]byte{b[1+trackAt], b[2+trackAt]})
		}
	}
	c.bin = nil
	return all
}

// TestFollow sends records of the tracks that a viewer follows, and the recent ones of a track that is new to it; how often
// it turns is bounded.
func TestFollow(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		a := l.join(shallows, Share, "8.8.4.4")
		publish := func(seq byte) {
			for track := range segment.Track(3) {
				f := onTrack(track, seq)
				l.broadcasts.mu.Lock()
				l.broadcasts.parts = append(l.broadcasts.parts, f.Manifest)
				l.broadcasts.mu.Unlock()
				l.facts <- f
			}
			synctest.Wait()
		}
		expect := func(what string, want ...[2]byte) {
			t.Helper()
			if got := a.records(); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: records of %v, want %v", what, got, want)
			}
		}
		publish(0)
		expect("who has not said", [2]byte{0, 0}, [2]byte{1, 0}, [2]byte{2, 0})
		a.say(signal.Follow{Tracks: 0b101})
		synctest.Wait()
		publish(1)
		expect("two of three", [2]byte{0, 1}, [2]byte{2, 1})
		time.Sleep(turnPause)
		a.say(signal.Follow{Tracks: 0b110})
		synctest.Wait()
		expect("a new one", [2]byte{1, 0}, [2]byte{1, 1})
		a.say(signal.Follow{Tracks: 0b001})
		synctest.Wait()
		expect("too soon")
		time.Sleep(turnPause + viewersEvery)
		expect("after a while", [2]byte{0, 0}, [2]byte{0, 1})
		l.facts <- event.Missed{}
		expect("made good", [2]byte{0, 0}, [2]byte{0, 1})
		w := l.join(shallows, Watch, "8.8.4.5")
		w.say(signal.Follow{Tracks: 1})
		publish(2)
		if got := w.records(); len(got) > 0 || w.ended() != nil {
			t.Errorf("a watcher got records of %v, %v", got, w.ended())
		}
	})
}

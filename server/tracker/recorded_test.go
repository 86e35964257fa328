package tracker

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"shoal/id"
	"shoal/wire/signal"
)

// Viewers of a recording meet those who have been where they are; neither those of what is live nor of another recording, and
// nobody sends them what is live.
func TestViewersOfARecordingMeetByPlace(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		live := l.join(shallows, Share, "8.8.4.4")
		other := l.recorded(3, "8.8.4.5")
		const began = 1_790_000_000_000
		ahead, behind, far := l.recorded(7, "8.8.4.6"), l.recorded(7, "8.8.4.7"), l.recorded(7, "8.8.4.8")
		other.say(signal.At{PositionMS: began + 9_000})
		ahead.say(signal.At{PositionMS: began + 9_000})
		far.say(signal.At{PositionMS: began + 3_600_000})
		synctest.Wait()
		behind.say(signal.At{PositionMS: began})
		synctest.Wait()
		if met := all[signal.Peers](behind); len(met) != 1 || !slices.Equal(met[0].Dial, []id.Peer{ahead.peer}) {
			t.Errorf("behind meets %+v, want %v", met, ahead.peer)
		}
		for name, c := range map[string]*client{"live": live, "other": other, "far": far} {
			if met := all[signal.Peers](c); len(met) != 0 {
				t.Errorf("%s meets %+v", name, met)
			}
		}
		l.facts <- part(shallows, 1)
		time.Sleep(time.Second)
		if edges := all[signal.Edge](live); len(edges) != 1 {
			t.Errorf("live hears of %d parts", len(edges))
		}
		if edges := all[signal.Edge](behind); len(edges) != 0 || len(behind.bin) != 0 {
			t.Errorf("who plays a recording hears of %d parts and %d records", len(edges), len(behind.bin))
		}
		if n := l.tracker.Viewers(shallows); n != 1 {
			t.Errorf("%d viewers of what is live", n)
		}
	})
}

// recorded brings a viewer of a recording in.
func (l *lab) recorded(epoch uint64, from string) *client {
	l.t.Helper()
	token, peer, err := l.tracker.IssueRecorded(shallows, epoch, Share)
	if err != nil {
		l.t.Fatal(err)
	}
	c, _, err := l.dial(dialing{from: from})
	if err != nil {
		l.t.Fatal(err)
	}
	c.peer = peer
	c.say(signal.Hello{Token: token})
	synctest.Wait()
	return c
}

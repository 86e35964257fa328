package tracker

import (
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"shoal/id"
	"shoal/server/event"
	"shoal/wire/signal"
)

// policy says that the viewers of shallows may share, or not, and those of every other channel may.
type policy struct{ off atomic.Bool }

func (p *policy) Shares(channel id.Channel) bool { return channel != shallows || !p.off.Load() }

// relayed counts who is given credentials of the relay.
type relayed struct{ given atomic.Int64 }

func (r *relayed) Credentials(id.Channel, id.Peer) (username, password string) {
	r.given.Add(1)
	return "u", "p"
}

// When a channel's viewers may not share any more all of them are told at once, and from then on nobody is introduced, carried or admitted to the relay,
// whoever comes with whatever token. Other channels hear nothing of it. When they may again, who would share has to come again, and is introduced.
func TestAChannelIsWatchedFromTheServerOnly(t *testing.T) {
	p, r := &policy{}, &relayed{}
	inLab(t, Config{Channels: p, Relay: r, RelayFor: 10 * time.Minute}, func(l *lab) {
		a, b, watcher := l.join(shallows, Share, "8.8.4.4"), l.join(shallows, Share, "8.8.4.5"), l.join(shallows, Watch, "8.8.4.6")
		replay, elsewhere := l.recorded(7, "8.8.4.7"), l.join(deep, Share, "8.8.4.8")
		a.say(signal.Linked{Peers: 1})
		a.say(signal.Records{FromPeers: true})
		early, peer, err := l.tracker.Issue(shallows, Share) // while they may
		if err != nil || len(all[signal.Peers](b)) != 1 || !l.tracker.Present(a.peer) || l.tracker.Counts(shallows) != (Counts{3, 2, 1}) {
			t.Fatalf("%v: %+v, introduced %+v", err, l.tracker.Counts(shallows), all[signal.Peers](b))
		}
		told := map[*client][2]int{} // introductions, and stripes to fetch
		for _, c := range []*client{a, b} {
			told[c] = [2]int{len(all[signal.Peers](c)), len(all[signal.Seed](c))}
		}
		p.off.Store(true)
		l.facts <- event.SharingSet{Channel: shallows}
		for name, c := range map[string]*client{"who shares": a, "another": b, "who watches": watcher, "who plays a recording": replay} {
			if said := all[signal.Sharing](c); len(said) != 1 || !said[0].Off || c.ended() != nil {
				t.Errorf("%s is told %+v, %v", name, said, c.ended())
			}
		}
		if said := all[signal.Sharing](elsewhere); len(said) != 0 {
			t.Errorf("another channel's viewer is told %+v", said)
		}
		if l.tracker.Present(a.peer) || l.tracker.Present(replay.peer) || l.tracker.Allowed(b.peer, netip.MustParseAddr("8.8.4.4")) || l.tracker.Counts(shallows) != (Counts{Viewers: 3}) {
			t.Errorf("they are still known: %+v", l.tracker.Counts(shallows))
		}

		late, _, err := l.dial(dialing{from: "8.8.4.9"})
		if err != nil {
			t.Fatal(err)
		}
		late.peer = peer
		late.say(signal.Hello{Token: early})
		late.say(signal.More{})
		a.say(signal.More{})
		a.say(signal.Linked{Peers: 3})
		a.say(signal.Able{Slots: 20})
		a.say(signal.Refused{Peer: b.peer})
		a.say(signal.Signal{To: b.peer, Body: signal.Body{Kind: signal.Candidate, Data: "candidate:1 1 udp 1 x.local 5000 typ host", Mid: "0"}})
		l.facts <- part(shallows, 1)
		time.Sleep(8 * time.Minute) // the relay's credentials would be renewed, and introductions asked for be given
		if said := all[signal.Sharing](late); len(said) != 1 || !said[0].Off {
			t.Errorf("a newcomer is told %+v", said)
		}
		if len(late.bin) == 0 || len(a.bin) == 0 {
			t.Error("who would share is not sent what proves the parts")
		}
		for name, c := range map[string]*client{"who shared": a, "another": b, "a newcomer": late} {
			met, heard, seeds := len(all[signal.Peers](c)), len(all[signal.Signalled](c)), len(all[signal.Seed](c))
			if was := told[c]; met != was[0] || heard != 0 || seeds != was[1] {
				t.Errorf("%s: %d introductions, %d signals, %d times stripes; before it was %v", name, met, heard, seeds, was)
			}
		}
		if l.tracker.Counts(shallows) != (Counts{Viewers: 4}) {
			t.Errorf("%+v", l.tracker.Counts(shallows))
		}
		before := r.given.Load()

		p.off.Store(false)
		time.Sleep(viewersEvery + closeWithin) // the fact was lost
		for name, c := range map[string]*client{"who shared": a, "a newcomer": late} {
			if said := last[signal.Sharing](c); said.Off || websocket.CloseStatus(c.ended()) != websocket.StatusServiceRestart {
				t.Errorf("%s is told %+v, and then %v", name, said, c.ended())
			}
		}
		if watcher.ended() != nil || last[signal.Sharing](watcher).Off {
			t.Errorf("who only watches: %v, %+v", watcher.ended(), last[signal.Sharing](watcher))
		}
		again, other := l.join(shallows, Share, "8.8.4.4"), l.join(shallows, Share, "8.8.4.5")
		if len(all[signal.Peers](other)) != 1 || !l.tracker.Present(again.peer) || len(all[signal.Sharing](again)) != 0 {
			t.Errorf("nobody is introduced when they may share again")
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if r.given.Load() == before {
			t.Error("nobody is admitted to the relay when they may share again")
		}
	})
}

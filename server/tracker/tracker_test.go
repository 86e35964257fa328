package tracker

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"shoal/id"
	"shoal/server/event"
	"shoal/wire/signal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestViewersMeet(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		a := l.join(shallows, Share, "8.8.4.4")
		if s, ok := first[signal.Seed](a); !ok || s.Stripes != 0xffff {
			t.Errorf("alone, told to seed %#v", s)
		}
		b := l.join(shallows, Share, "9.9.9.9")
		if p := last[signal.Peers](b); !reflect.DeepEqual(p, signal.Peers{Dial: []id.Peer{a.peer}}) {
			t.Errorf("the newcomer heard %#v", p)
		}
		if p := last[signal.Peers](a); !reflect.DeepEqual(p, signal.Peers{Expect: []id.Peer{b.peer}}) {
			t.Errorf("the one who was there heard %#v", p)
		}
		a.say(signal.Linked{Peers: 1})
		b.say(signal.Linked{Peers: 1})
		if x, y := last[signal.Seed](a).Stripes, last[signal.Seed](b).Stripes; x|y != 0xffff || x&y != 0 || y == 0 {
			t.Errorf("linked, they seed %016b and %016b", x, y)
		}
		if n := l.tracker.Counts(shallows); n != (Counts{2, 2, 2}) {
			t.Errorf("counts: %+v", n)
		}
		a.say(signal.Bye{})
		if g := last[signal.Gone](b); g.Peer != a.peer {
			t.Errorf("after a left, b heard %#v", g)
		}
		if s := last[signal.Seed](b); s.Stripes != 0xffff {
			t.Errorf("after a left, b seeds %016b", s.Stripes)
		}
		if n := l.tracker.Counts(shallows); n != (Counts{1, 1, 1}) {
			t.Errorf("counts: %+v", n)
		}
	})
}

func TestRecordsFromPeers(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		a, b := l.join(shallows, Share, "8.8.4.4"), l.join(shallows, Share, "9.9.9.9")
		publish := func(seq uint64) {
			l.facts <- part(shallows, seq)
			time.Sleep(500 * time.Millisecond)
			synctest.Wait()
		}
		publish(0)
		b.say(signal.Records{FromPeers: true})
		synctest.Wait()
		for seq := range uint64(6) {
			publish(seq + 1)
		}
		if len(a.bin) != 7 || len(b.bin) != 1 || len(all[signal.Edge](a)) != 7 || len(all[signal.Edge](b)) != 1 {
			t.Errorf("%d and %d records, %d and %d edges", len(a.bin), len(b.bin), len(all[signal.Edge](a)), len(all[signal.Edge](b)))
		}
		b.say(signal.Records{})
		synctest.Wait()
		if n := len(b.bin); n < 1+3 || n > 1+4 {
			t.Errorf("back with the tracker, it has %d records, not those of the last two seconds", n)
		}
		had := len(b.bin)
		b.say(signal.Records{FromPeers: true})
		b.say(signal.Records{})
		synctest.Wait()
		if len(b.bin) != had {
			t.Errorf("who changes its mind at once had %d more records", len(b.bin)-had)
		}
		publish(7)
		if len(b.bin) != had+1 {
			t.Errorf("%d new records", len(b.bin)-had)
		}
	})
}

func TestWatchersAreLeftInPeace(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		l.broadcasts.certificates = [][]byte{{'c'}}
		a, w := l.join(shallows, Share, "8.8.4.4"), l.join(shallows, Watch, "9.9.9.9")
		w.say(signal.More{})
		w.say(signal.Linked{Peers: 3})
		w.say(signal.Signal{To: a.peer, Body: signal.Body{Kind: signal.Candidate, Data: srflx("9.9.9.9")}})
		w.say(signal.Refused{Peer: a.peer})
		l.facts <- part(shallows, 0)
		time.Sleep(viewersEvery)
		if len(all[signal.Peers](w))+len(all[signal.Seed](w))+len(all[signal.Signalled](a))+len(all[signal.Peers](a)) > 0 || len(w.bin) > 0 {
			t.Errorf("a watcher took part: it heard %#v and %d records, the other %#v", w.heard, len(w.bin), a.heard)
		}
		if e, ok := first[signal.Edge](w); !ok || e != (signal.Edge{Track: 0, MSN: 3 << 20, Epoch: 3}) {
			t.Errorf("edge: %#v", e)
		}
		if v := last[signal.Viewers](w); v != (signal.Viewers{N: 2, Sharing: 1}) {
			t.Errorf("viewers: %#v", v)
		}
		if n := l.tracker.Counts(shallows); n != (Counts{Viewers: 2, Sharing: 1}) {
			t.Errorf("counts: %+v", n)
		}
		if l.tracker.Allowed(a.peer, w.addr()) {
			t.Error("the relay may reach a watcher")
		}
	})
}

func TestRecordsReachThoseWhoShare(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		l.broadcasts.certificates = [][]byte{{'c', 1}}
		l.broadcasts.parts = [][]byte{part(shallows, 0).Manifest, part(shallows, 1).Manifest}
		a := l.join(shallows, Share, "8.8.4.4")
		l.facts <- part(shallows, 1) // was in the backlog
		l.facts <- part(shallows, 2)
		l.facts <- part(deep, 3)
		l.facts <- event.CertificateSigned{Channel: shallows, Certificate: []byte{'c', 2}}
		l.facts <- event.BroadcastStarted{Channel: shallows}
		l.facts <- event.BroadcastEnded{Channel: shallows}
		synctest.Wait()
		want := [][]byte{{1, 'c', 1}, {2, 'p', 0}, {2, 'p', 1}, {2, 'p', 2}, {1, 'c', 2}}
		if !reflect.DeepEqual(a.bin, want) {
			t.Errorf("heard %q, want %q", a.bin, want)
		}
		if len(all[signal.Edge](a)) != 2 || len(all[signal.Ended](a)) != 1 {
			t.Errorf("heard %#v", a.heard)
		}
	})
}

func TestLostFactsAreMadeGood(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		a := l.join(shallows, Share, "8.8.4.4")
		l.facts <- part(shallows, 0)
		synctest.Wait()
		for seq := range uint64(3) {
			l.broadcasts.parts = append(l.broadcasts.parts, part(shallows, seq).Manifest)
		}
		l.facts <- part(shallows, 2) // 1 was lost
		synctest.Wait()
		if !slices.ContainsFunc(a.bin, func(b []byte) bool { return string(b) == "\x02p\x01" }) {
			t.Errorf("part 1 never came: %q", a.bin)
		}
		l.broadcasts.parts = append(l.broadcasts.parts, part(shallows, 3).Manifest)
		l.facts <- event.Missed{}
		synctest.Wait()
		if !slices.ContainsFunc(a.bin, func(b []byte) bool { return string(b) == "\x02p\x03" }) {
			t.Errorf("what was missed never came: %q", a.bin)
		}
	})
}

func TestManyViewers(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		var all []*client
		for i := range 60 {
			all = append(all, l.join(shallows, Share, fmt.Sprintf("8.%d.4.4", i)))
		}
		for _, c := range all {
			c.say(signal.Linked{Peers: 3})
		}
		seeds := 0
		for _, c := range all {
			if last[signal.Seed](c).Stripes != 0 {
				seeds++
			}
		}
		if seeds < 16 || seeds > 32 {
			t.Errorf("%d seeds", seeds)
		}
		for _, c := range all[:59] {
			c.say(signal.Bye{})
			synctest.Wait()
		}
		if s := last[signal.Seed](all[59]); s.Stripes != 0xffff {
			t.Errorf("the last one seeds %016b", s.Stripes)
		}
	})
}

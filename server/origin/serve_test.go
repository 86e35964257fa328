package origin_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"shoal/id"
	"shoal/segment"
	"shoal/server/event"
	"shoal/server/origin"
	"shoal/server/pack"
)

func TestMasterWaitsForASegmentOfEveryTrack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBench(t, 2)
		text := later(func() ([]byte, error) { return h.origin.Master(t.Context(), name) })
		for range partsASegment {
			synctest.Wait()
			if !pending(text) {
				t.Fatal("it did not wait for a whole segment")
			}
			h.publish(h.part(0))
		}
		for range partsASegment {
			synctest.Wait()
			if !pending(text) {
				t.Fatal("it did not wait for the second track's")
			}
			h.publish(h.part(1))
		}
		if got := <-text; string(got.value) != "track 0\ntrack 1\n" || got.err != nil {
			t.Errorf("%q, %v", got.value, got.err)
		}
		h.b.Describe(func([]pack.Window, []string) []byte { return []byte("other") })
		if got, err := h.origin.Master(t.Context(), name); string(got) != "other" || err != nil {
			t.Errorf("after a change: %q, %v", got, err)
		}

		silent := newBench(t, 2)
		text = later(func() ([]byte, error) { return silent.origin.Master(t.Context(), name) })
		for range 6 {
			synctest.Wait()
			if !pending(text) {
				t.Fatal("it did not wait")
			}
			silent.publish(silent.part(1))
		}
		if got := <-text; string(got.value) != "track 1\n" || got.err != nil {
			t.Errorf("without the silent track: %q, %v", got.value, got.err)
		}
	})
}

func TestEndAndAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBench(t, 2)
		stop := h.running()
		defer stop()
		h.run(6, 1)
		waiting := later(func() (string, error) {
			return h.media(0, origin.Reload{Blocking: true, MSN: epochOne<<20 + 2})
		})
		synctest.Wait()
		if err := errors.Join(h.b.End(), h.b.End()); err != nil {
			t.Fatal(err)
		}
		if got := <-waiting; got.err != nil || !strings.Contains(got.value, "#EXT-X-ENDLIST") || strings.Contains(got.value, "PRELOAD-HINT") {
			t.Errorf("%v, %s", got.err, got.value)
		}
		records, certificates := h.records()
		if len(records) != 1 || len(records[0]) != 7 {
			t.Fatalf("records of %d tracks; %d of the first", len(records), len(records[0]))
		}
		end, err := h.origin.Manifest(t.Context(), name, h.name(0, 6))
		if err != nil || !slices.Equal(end, records[0][6]) || !h.verifyOne(end, certificates).End {
			t.Errorf("the end record: %v", err)
		}
		if c, err := h.origin.Segment(name, epochOne, 0, epochOne<<20+1); err != nil || c.Size() == 0 {
			t.Errorf("the last segment: %v", err)
		}
		time.Sleep(origin.EndedKeep - time.Second)
		if _, err := h.media(0, origin.Reload{}); err != nil {
			t.Errorf("viewers cannot finish: %v", err)
		}
		time.Sleep(10 * time.Second)
		for what, err := range map[string]error{
			"playlist": second(h.media(0, origin.Reload{})), "part": second(h.get(h.name(0, 0))), "recent": second(h.origin.Recent(h.channel, time.Hour)),
		} {
			if !errors.Is(err, origin.ErrNotFound) {
				t.Errorf("the %s of a broadcast long over: %v", what, err)
			}
		}
	})
}

func TestNextEpochTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBench(t, 1)
		h.run(3, 1)
		if err := h.b.End(); err != nil {
			t.Fatal(err)
		}
		old := h.name(0, 1)
		h.open(epochOne+1, 1)
		h.run(2, 1)
		if text, err := h.media(0, origin.Reload{}); err != nil || !strings.Contains(text, fmt.Sprintf("SEQUENCE:%d\n", (epochOne+1)<<20)) {
			t.Errorf("the playlist is not the new epoch's: %v %s", err, text)
		}
		if _, err := h.get(old); err != nil {
			t.Errorf("a part of the epoch before: %v", err)
		}
		for range 5 {
			h.open(h.b.Epoch()+1, 1)
		}
		if _, err := h.get(old); !errors.Is(err, origin.ErrNotFound) {
			t.Errorf("epochs are kept without bound: %v", err)
		}
	})
}

func TestSegmentsAndInits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBench(t, 2)
		h.run(partsASegment+2, 2)
		var want []byte
		for _, p := range h.sent[1][:partsASegment] {
			want = append(want, p.Data...)
		}
		c, err := h.origin.Segment(name, epochOne, 1, epochOne<<20)
		if err != nil || c.Channel != h.channel || c.Track != 1 || c.Size() != int64(len(want)) {
			t.Fatalf("%+v, %v", c, err)
		}
		if err := iotest.TestReader(c, want); err != nil {
			t.Error(err)
		}
		if _, err := h.origin.Segment(name, epochOne, 1, epochOne<<20+1); !errors.Is(err, origin.ErrNotFound) {
			t.Errorf("an open segment: %v", err)
		}
		text, err := h.media(1, origin.Reload{})
		if err != nil {
			t.Fatal(err)
		}
		_, digits, _ := strings.Cut(text, `URI="i`)
		digits, _, _ = strings.Cut(digits, ".mp4")
		init, err := h.origin.Init(name, digits)
		if err != nil || init.Track != 1 {
			t.Fatalf("%q: %v", digits, err)
		}
		if b, err := io.ReadAll(init); err != nil || string(b) != string(initOf(1)) {
			t.Errorf("init segment %q, %v", b, err)
		}
		for _, wrong := range []string{"", digits[:31], digits + "0", strings.Repeat("0", 32), strings.ToUpper(digits)} {
			if _, err := h.origin.Init(name, wrong); !errors.Is(err, origin.ErrNotFound) {
				t.Errorf("%q: %v", wrong, err)
			}
		}
	})
}

func TestRecent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBench(t, 2)
		if r, err := h.origin.Recent(h.channel, time.Second); err != nil || len(r.Certificates) != 1 || len(r.Manifests) != 0 {
			t.Errorf("before the first part: %+v, %v", r, err)
		}
		h.run(20, 2)
		r, err := h.origin.Recent(h.channel, 2*time.Second)
		if err != nil || r.Epoch != epochOne || len(r.Manifests) != 2*5 {
			t.Fatalf("%d records, %v", len(r.Manifests), err)
		}
		for i, record := range r.Manifests {
			p := h.verifyOne(record, r.Certificates)
			if want := h.name(segment.Track(i/5), 15+i%5); p.Name() != want {
				t.Errorf("record %d is %+v, want %+v", i, p.Name(), want)
			}
		}
		if _, err := h.origin.Recent(id.Channel{1}, time.Second); !errors.Is(err, origin.ErrNotFound) {
			t.Errorf("no such channel: %v", err)
		}
	})
}

func TestWritten(t *testing.T) {
	h := newBench(t, 1)
	other := id.Channel{1}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				h.origin.Count(other, 1, 3)
				h.origin.Count(other, 0, 1)
				h.origin.Count(other, 0, 0)
				h.origin.Count(other, 0, -5)
			}
		})
	}
	wg.Wait()
	want := []origin.Written{{Channel: other, Track: 0, Bytes: 800}, {Channel: other, Track: 1, Bytes: 2400}}
	if got := h.origin.Written(); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Many askers at once, at the edge and behind it, while a publisher publishes and ends: run it with -race.
func TestManyAskers(t *testing.T) {
	h := newBench(t, 2)
	var wg sync.WaitGroup
	for n := range 40 {
		wg.Go(func() {
			for seq := 0; ; seq++ {
				got, err := h.get(segment.Part{Epoch: epochOne, Track: segment.Track(n % 2), Seq: uint64(seq)})
				if errors.Is(err, origin.ErrNotFound) {
					return // the end
				}
				if err != nil || !strings.HasPrefix(got, fmt.Sprintf("%d/%d/%d ", epochOne, n%2, seq)) {
					t.Errorf("part %d: %.20q, %v", seq, got, err)
					return
				}
				if _, err := h.media(segment.Track(n%2), origin.Reload{Skip: n%3 == 0}); err != nil {
					t.Error(err)
				}
				if _, err := h.origin.Recent(h.channel, time.Second); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 60 { // fewer than a window: nothing is forgotten
		h.publish(h.part(0))
		h.publish(h.part(1))
	}
	if err := h.b.End(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if _, ok := h.facts.all()[0].(event.CertificateSigned); !ok {
		t.Error("the certificate was not the first fact")
	}
}

func second[T any](_ T, err error) error { return err }

package origin_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"shoal/manifest/sign"
	"shoal/segment"
	"shoal/server/event"
	"shoal/server/origin"
	"shoal/server/pack"
)

// Whatever the sizes of parts, a stranger can verify the whole history from facts alone, and what is served hashes to it.
func TestRecordsVerify(t *testing.T) {
	h := newBench(t, 2)
	epoch := uint64(epochOne)
	rapid.Check(t, func(rt *rapid.T) {
		epoch++
		h.facts.facts = nil
		h.open(epoch, 2)
		size := rapid.OneOf(rapid.IntRange(1, 9000), rapid.IntRange(1, 400_000))
		for range rapid.IntRange(1, 12).Draw(rt, "parts") {
			p := h.part(segment.Track(rapid.IntRange(0, 1).Draw(rt, "track")))
			p.Data = make([]byte, size.Draw(rt, "size"))
			for i := range p.Data {
				p.Data[i] = byte(i >> 8)
			}
			h.publish(p)
		}
		if err := h.b.End(); err != nil {
			rt.Fatal(err)
		}
		records, certificates := h.records()
		for track, sent := range h.sent {
			if len(records[track]) != len(sent)+1 {
				rt.Fatalf("track %d: %d records for %d parts and an end", track, len(records[track]), len(sent))
			}
			h.verify(records[track], certificates, func(seq int) []byte {
				got, err := h.get(h.name(track, seq))
				if err != nil {
					rt.Fatal(err)
				}
				return []byte(got)
			})
		}
	})
}

func TestLargestPart(t *testing.T) {
	h := newBench(t, 1)
	p := h.part(0)
	p.Data = make([]byte, segment.PartSizeMax)
	h.publish(p)
	records, certificates := h.records()
	h.verify(records[0], certificates, func(int) []byte { return p.Data })
}

func TestFactsComeAfterWhatTheySay(t *testing.T) {
	h := newBench(t, 1)
	for n := range 3 {
		h.publish(h.part(0))
		facts := h.facts.all()
		if _, ok := facts[0].(event.CertificateSigned); !ok || len(facts) != n+2 {
			t.Fatalf("facts %T first, %d in all", facts[0], len(facts))
		}
		p, ok := facts[n+1].(event.PartPublished)
		if !ok || p.Channel != h.channel || p.Part != h.name(0, n) || p.Index != n || p.MSN != epochOne<<20 {
			t.Errorf("fact %+v", facts[n+1])
		}
		if got, err := h.get(p.Part); err != nil || got != string(h.sent[0][n].Data) {
			t.Errorf("the part that was told of: %d bytes, %v", len(got), err)
		}
		record, err := h.origin.Manifest(t.Context(), name, p.Part)
		if err != nil || !slices.Equal(record, p.Manifest) {
			t.Errorf("its record: %v", err)
		}
	}
}

func TestSessionKeysAreRenewed(t *testing.T) {
	h := newBench(t, 1)
	const hours = 30
	announced := make(map[string]time.Duration)    // certificate -> when, in media time
	step := func(at time.Duration) time.Duration { // close steps around the renewals
		if at%origin.RenewAfter < 3*time.Minute {
			return 10 * time.Second
		}
		return 3 * time.Minute
	}
	for at := time.Duration(0); at < hours*time.Hour; at += step(at) {
		p := h.part(0)
		p.Start, p.Wall = at, wall().Add(at)
		h.publish(p)
		_, certificates := h.records()
		for _, c := range certificates {
			if _, ok := announced[string(c)]; !ok {
				announced[string(c)] = at
			}
		}
		h.used(announced, at)
		h.forget()
	}
	if len(announced) != 1+hours/12 {
		t.Errorf("%d certificates in %d hours", len(announced), hours)
	}
	both, err := h.origin.Certificate(name, epochOne)
	if err != nil || len(both) == 0 || len(both)%176 != 0 || len(both) > 3*176 {
		t.Errorf("certificates of %d bytes, %v", len(both), err)
	}
}

// used checks that the newest record's certificate was announced in time.
func (h *bench) used(announced map[string]time.Duration, at time.Duration) {
	h.t.Helper()
	records, _ := h.records()
	newest := records[0][len(records[0])-1]
	for text, since := range announced {
		c, err := sign.OpenCertificate([]byte(text), h.channel)
		if err != nil {
			h.t.Fatal(err)
		}
		p, err := sign.OpenPart(newest, c)
		if err != nil {
			continue
		}
		if !c.ValidAt(p.WallMS, 0) || p.Seq < c.MinSeq {
			h.t.Fatalf("at %v: the certificate does not cover the part", at)
		}
		if since != 0 && at-since < origin.Overlap {
			h.t.Fatalf("at %v: signed by a key announced only %v before", at, at-since)
		}
		return
	}
	h.t.Fatalf("at %v: signed by no certified key", at)
}

// forget drops facts but the certificates: a long test would keep too many.
func (h *bench) forget() {
	h.facts.facts = slices.DeleteFunc(h.facts.facts, func(f event.Fact) bool {
		_, part := f.(event.PartPublished)
		return part
	})
}

func TestPublishRefuses(t *testing.T) {
	h := newBench(t, 1)
	for what, spoil := range map[string]func(*pack.Part){
		"another track":    func(p *pack.Part) { p.Track = 1 },
		"no bytes":         func(p *pack.Part) { p.Data = nil },
		"too many bytes":   func(p *pack.Part) { p.Data = make([]byte, segment.PartSizeMax+1) },
		"no duration":      func(p *pack.Part) { p.Duration = 0 },
		"a long duration":  func(p *pack.Part) { p.Duration = time.Minute },
		"a negative start": func(p *pack.Part) { p.Start = -1 },
		"no init segment":  func(p *pack.Part) { p.Init = nil },
	} {
		p := h.part(0)
		spoil(&p)
		if err := h.b.Publish(p); err == nil {
			t.Errorf("a part with %s was published", what)
		}
	}
	h.publish(h.part(0)) // and still goes on with seq 0
	if err := h.b.End(); err != nil {
		t.Fatal(err)
	}
	if err := h.b.Publish(h.part(0)); !errors.Is(err, origin.ErrOver) {
		t.Errorf("after the end: %v, want ErrOver", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	h := newBench(t, 1)
	stranger := newBench(t, 1).identity
	for what, spoil := range map[string]func(*origin.Opening){
		"the same epoch":   func(p *origin.Opening) { p.Epoch = epochOne },
		"an earlier epoch": func(p *origin.Opening) { p.Epoch = epochOne - 1 },
		"no track":         func(p *origin.Opening) { p.Tracks = 0 },
		"too many tracks":  func(p *origin.Opening) { p.Tracks = segment.TracksMax + 1 },
		"another's signer": func(p *origin.Opening) { p.Signer = stranger },
	} {
		p := h.opening(epochOne+1, 1)
		spoil(&p)
		if _, err := h.origin.Open(p); err == nil {
			t.Errorf("opened with %s", what)
		}
	}
}

func TestWindowSlidesAndForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBench(t, 1)
		stop := h.running()
		defer stop()
		parts := int((origin.Window + origin.Grace) / partLasts)
		h.run(3*parts, 1)
		first := func() int { // of those that can be fetched
			for seq := range h.sent[0] {
				if _, err := h.get(h.name(0, seq)); err == nil {
					return seq
				}
			}
			return -1
		}
		kept := len(h.sent[0]) - first()
		if kept < parts || kept > parts+4*partsASegment {
			t.Errorf("%d parts are kept, want %d and a few", kept, parts)
		}
		for seq := first(); seq < len(h.sent[0]); seq++ {
			if got, err := h.get(h.name(0, seq)); err != nil || got != string(h.sent[0][seq].Data) {
				t.Fatalf("part %d of a run without gaps: %v", seq, err)
			}
		}
		time.Sleep(origin.Grace + 10*time.Second) // nothing is published: what left the playlist goes, the rest stays
		if kept, want := len(h.sent[0])-first(), int(origin.Window/partLasts); kept < want || kept > want+2*partsASegment {
			t.Errorf("%d parts are kept at rest, want %d and a few", kept, want)
		}
	})
}

func TestBytesAreBounded(t *testing.T) {
	h := newBench(t, 1)
	data := make([]byte, segment.PartSizeMax)
	const most = origin.TrackBytesMax / segment.PartSizeMax
	for range 2 * most {
		p := h.part(0)
		p.Data = data
		h.publish(p)
	}
	kept := 0
	for seq := range h.sent[0] {
		if c, err := h.origin.Part(t.Context(), name, h.name(0, seq)); err == nil && c.Size() > 0 {
			kept++
		} else if kept > 0 {
			t.Fatalf("part %d is gone, one before it is not", seq)
		}
	}
	if kept > most || kept < most-2*partsASegment {
		t.Errorf("%d parts are kept, want at most %d and not many fewer", kept, most)
	}
}

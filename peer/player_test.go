package peer

import (
	"testing"

	"shoal/id"
	"shoal/segment"
	"shoal/swarm"
)

const (
	partUS = 500_000
	epoch  = 3
)

// source is a broadcast that began at wall time 0 and publishes parts of half a second, each second of which starts
// with a key frame, 100 ms after their last sample.
type source struct {
	p      *player
	stats  Stats
	nowUS  int64
	told   map[segment.Track]uint64 // parts opened
	mute   bool                     // records do not come
	answer func(want) bool          // whether bytes come at once; nil means always
}

func newSource(nowUS int64, tracks ...segment.Track) *source {
	s := &source{nowUS: nowUS, told: map[segment.Track]uint64{}}
	s.p = newPlayer(tracks, 3_000_000, nowUS, &s.stats)
	return s
}

func opened(t segment.Track, epoch, seq uint64, wallMS int64) swarm.Open {
	return swarm.Open{
		Part: segment.Part{Epoch: epoch, Track: t, Seq: seq}, WallMS: wallMS, DurationUS: partUS, Init: id.Digest{byte(t) + 1},
		Independent: t != 0 || seq%2 == 0,
	}
}

// run lets us pass in steps of 20 ms.
func (s *source) run(us int64) {
	for end := s.nowUS + us; s.nowUS < end; s.nowUS += 20_000 {
		for _, r := range s.p.reels {
			for ; !s.mute && int64(s.told[r.track]+1)*partUS+100_000 <= s.nowUS; s.told[r.track]++ {
				seq := s.told[r.track]
				s.p.open(opened(r.track, epoch, seq, int64(seq)*partUS/1000))
			}
		}
		s.p.advance(s.nowUS)
		wants := s.p.wants
		s.p.wants = nil
		for _, w := range wants {
			switch {
			case s.answer == nil || s.answer(w):
				s.p.got(w.part)
			case w.direct:
				s.p.missed(w.part)
			}
		}
	}
}

func TestPlayerFollowsTheLiveEdge(t *testing.T) {
	s := newSource(60_000_000, 0, 1)
	s.run(30_000_000)
	if s.stats.Stalls != 0 || s.stats.LateParts != 0 || s.stats.Skips != 0 || s.stats.Overdue != 0 || s.stats.Unlisted != 0 {
		t.Errorf("%+v", s.stats)
	}
	if s.stats.StartupMS > 40 {
		t.Errorf("started after %d ms, though all was there", s.stats.StartupMS)
	}
	if behind := s.nowUS - s.p.posUS; behind < 2_800_000 || behind > 3_200_000 {
		t.Errorf("plays %d ms behind live", behind/1000)
	}
	if s.stats.Parts < 120 || s.stats.Parts > 140 {
		t.Errorf("%d parts in 30 s of two tracks", s.stats.Parts)
	}
}

func TestPlayerAsksInOrderAndOneByOne(t *testing.T) {
	s := newSource(60_000_000, 0)
	var last uint64
	s.answer = func(w want) bool {
		if last != 0 && w.part.Seq != last+1 {
			t.Errorf("asked for part %d after %d", w.part.Seq, last)
		}
		if w.direct {
			t.Errorf("part %d was fetched directly", w.part.Seq)
		}
		last = w.part.Seq
		return true
	}
	s.run(10_000_000)
	if last < 120 {
		t.Errorf("got to part %d", last)
	}
}

// TestPlayerDoesWithoutTheEngine gives no answers: neither Play nor Decline.
func TestPlayerDoesWithoutTheEngine(t *testing.T) {
	s := newSource(60_000_000, 0, 1)
	s.answer = func(w want) bool { return w.direct }
	s.run(20_000_000)
	if s.stats.LateParts != 0 || s.stats.Overdue == 0 {
		t.Errorf("%+v", s.stats)
	}
}

// TestPlayerDoesWithoutRecords stops the tracker for five seconds.
func TestPlayerDoesWithoutRecords(t *testing.T) {
	s := newSource(60_000_000, 0, 1)
	s.run(5_000_000)
	s.mute = true
	s.run(5_000_000)
	if s.stats.Unlisted == 0 {
		t.Error("nothing was fetched that was not listed")
	}
	s.mute = false
	s.run(10_000_000)
	if s.stats.Stalls != 0 || s.stats.Skips != 0 {
		t.Errorf("%+v", s.stats)
	}
}

func TestPlayerCountsAStall(t *testing.T) {
	s := newSource(60_000_000, 0, 1)
	s.run(5_000_000)
	s.answer = func(want) bool { return false }
	s.run(5_000_000)
	if s.stats.Stalls != 1 || s.stats.LateParts == 0 || s.stats.StalledMS < 1000 || s.p.playing {
		t.Errorf("after 5 s of nothing: %+v", s.stats)
	}
	s.answer = nil
	s.run(20_000_000)
	if s.stats.Stalls != 1 || !s.p.playing {
		t.Errorf("after it came back: %+v", s.stats)
	}
}

func TestPlayerJumpsWhenFarBehind(t *testing.T) {
	s := newSource(60_000_000, 0, 1)
	s.run(5_000_000)
	s.answer = func(want) bool { return false }
	s.run(15_000_000)
	s.answer = nil
	s.run(10_000_000)
	if behind := s.nowUS - s.p.posUS; behind > 5_000_000 || s.stats.Skips == 0 {
		t.Errorf("%d ms behind live, %+v", behind/1000, s.stats)
	}
}

// TestPlayerWaitsOutALongSilence has nothing come for longer than the player goes without jumping, and the origin refuse at once what is asked for.
func TestPlayerWaitsOutALongSilence(t *testing.T) {
	s := newSource(60_000_000, 0, 1)
	s.run(5_000_000)
	s.mute = true
	s.run(4_000_000) // what is listed is played
	asked, parts := 0, s.stats.Parts
	s.answer = func(want) bool { asked++; return false }
	for range 40 {
		before := s.p.posUS
		if s.run(1_000_000); s.p.posUS < before {
			t.Fatalf("it went back from %d to %d ms", before/1000, s.p.posUS/1000)
		}
	}
	if most := 2 * 40 * (1_000_000/retryUS + 1); asked > most || s.stats.Parts != parts {
		t.Errorf("asked %d times in 40 s of two tracks, want %d at most; %d parts came", asked, most, s.stats.Parts-parts)
	}
	for n := range s.told {
		s.told[n] += 40 * 2 // those were never made
	}
	s.mute, s.answer = false, nil
	s.run(10_000_000)
	if behind := s.nowUS - s.p.posUS; !s.p.playing || behind > 5_000_000 {
		t.Errorf("%d ms behind live, %+v", behind/1000, s.stats)
	}
}

func TestPlayerPlaysOverABreakInTheSource(t *testing.T) {
	s := newSource(10_000_000, 0)
	s.run(3_000_000)
	at := s.p.reels[0].endUS
	next := s.p.reels[0].next
	s.mute = true // the publisher went away at the end of what is known, and comes back 5 s later
	for seq := next; seq < next+20; seq++ {
		s.p.open(opened(0, epoch, seq, (at+5_000_000)/1000+int64(seq-next)*partUS/1000))
	}
	s.run(12_000_000)
	if s.stats.Skips != 0 || s.stats.LateParts > 1 || s.p.posUS < at+5_000_000 {
		t.Errorf("at %d ms of %d, %+v", s.p.posUS/1000, at/1000, s.stats)
	}
}

func TestPlayerTakesUpANewEpoch(t *testing.T) {
	s := newSource(60_000_000, 0, 1)
	s.run(5_000_000)
	s.p.ended = true
	s.mute = true
	s.run(5_000_000)
	if s.stats.Stalls != 0 {
		t.Errorf("the end of a broadcast counts as a stall: %+v", s.stats)
	}
	for seq := range uint64(12) {
		for _, track := range []segment.Track{0, 1} {
			s.p.open(opened(track, epoch+1, seq, (s.nowUS-3_000_000)/1000+int64(seq)*partUS/1000))
		}
	}
	s.run(2_000_000)
	if s.p.reels[0].epoch != epoch+1 || s.p.reels[1].epoch != epoch+1 || !s.p.playing {
		t.Errorf("epoch %d, playing %v", s.p.reels[0].epoch, s.p.playing)
	}
}

func TestPlayerSkipsWhatIsGone(t *testing.T) {
	s := newSource(60_000_000, 0, 1)
	s.run(5_000_000)
	lost := s.p.reels[0].next + 2
	s.answer = func(w want) bool { return w.part.Track != 0 || w.part.Seq != lost }
	s.run(15_000_000)
	if s.stats.Skips != 1 || !s.p.playing {
		t.Errorf("%+v", s.stats)
	}
}

// TestPlayerIgnoresWhatNobodyAskedFor guards against a second answer to one question.
func TestPlayerIgnoresWhatNobodyAskedFor(t *testing.T) {
	s := newSource(60_000_000, 0)
	s.run(1_000_000)
	parts := s.stats.Parts
	for _, seq := range []uint64{0, s.p.reels[0].next - 1, s.p.reels[0].next + 5} {
		part := segment.Part{Epoch: epoch, Seq: seq}
		if _, ok := s.p.got(part); ok {
			t.Errorf("part %d was taken", seq)
		}
		s.p.declined(part)
		s.p.missed(part)
	}
	s.p.open(opened(7, epoch, 0, 0)) // a track it does not play
	if s.stats.Parts != parts || s.stats.Declined != 0 {
		t.Errorf("%+v", s.stats)
	}
}

// A window of records comes oldest first: who began with the first of them would play as far behind as the window reaches.
func TestPlayerBeginsWhereTheWindowEnds(t *testing.T) {
	s := newSource(60_000_000, 0)
	for seq := uint64(100); seq <= 118; seq++ { // to half a second before now
		s.p.open(opened(0, epoch, seq, int64(seq)*partUS/1000))
		s.p.advance(s.nowUS)
		if newest := int64(seq+1) * partUS; s.p.started && newest < s.nowUS-3_000_000 {
			t.Fatalf("begins with %d", seq)
		}
	}
	if !s.p.started || s.p.posUS < s.nowUS-4_000_000 {
		t.Errorf("started %v, at %d us", s.p.started, s.p.posUS)
	}
	old := newSource(60_000_000, 0) // nothing newer comes
	old.mute = true
	old.p.open(opened(0, epoch, 100, 50_000))
	old.run(windowUS + 100_000)
	if !old.p.started {
		t.Error("waits for what does not come")
	}
}

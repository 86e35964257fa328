package pick

import (
	"testing"

	"shoal/id"
	"shoal/manifest"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm/have"
	"shoal/wire"
)

// recording returns the desk and the shelf of a player that has been at the beginning of a recording for a minute, and stands
// still there: 60 parts of 16 pieces and 2 s, of which part 0 is in its buffer.
func recording(t *testing.T) (*Desk, View, []*have.Part) {
	t.Helper()
	d, s := &Desk{Recorded: true}, &have.Shelf{Recorded: true}
	d.Report(0, 0, 0, false)
	d.Report(now, 0, 2000, true)
	var parts []*have.Part
	for i := range 60 {
		m := &manifest.Part{
			Epoch: 1, Seq: uint64(i), WallMS: uint64(2000 * i), DurationUS: 2_000_000, Length: 65536, PieceSize: 4096, Hashes: make([]id.Digest, 16),
		}
		p, _ := s.Open(m, nil, id.Digest{byte(i + 1)}, 0)
		parts = append(parts, p)
	}
	return d, View{Shelf: s, Takes: soon, Chance: 7}, parts
}

const now = span.Minute

func asked(plan Plan, seq uint64) (n int) {
	for _, a := range plan.Asks {
		if a.Part.Seq == seq {
			n += a.Pieces.Count()
		}
	}
	return n
}

func TestRecordingInOrderThenRarestFirst(t *testing.T) {
	d, v, parts := recording(t)
	for peer := id.Peer(1); peer <= 12; peer++ {
		d.Join(peer)
		d.Delivered(peer)
		for _, i := range []int{1, 2, 15, 20} {
			parts[i].Hold(peer, wire.Full(16))
		}
	}
	parts[15].Hold(13, wire.Full(16)) // part 20 is the rarer
	plan := d.Make(now, v)
	if asked(plan, 1) != 16 || asked(plan, 2) != 16 {
		t.Errorf("what is due soon was not asked for in order: %+v", plan.Asks)
	}
	if parts[20].Rank >= parts[15].Rank {
		t.Error("the rarer part does not go first")
	}
	if parts[40].Rank != 0 || asked(plan, 40) != 0 {
		t.Error("a part beyond the window was planned for")
	}
	if len(d.asks) > urgentAsks {
		t.Errorf("%d pieces asked at once", len(d.asks))
	}
}

func TestRecordingLeavesToNeighboursWhatTheyHold(t *testing.T) {
	d, v, parts := recording(t)
	d.Join(5)
	for _, p := range parts[1:] {
		p.Hold(5, wire.Full(16))
	}
	if plan := d.Make(now, v); len(plan.Gets) != 0 || len(plan.Asks) == 0 {
		t.Errorf("asked the origin for what a neighbour holds: %+v", plan.Gets)
	}
}

func TestRecordingLeaderAsksForWholePartsOneAtATime(t *testing.T) {
	d, v, parts := recording(t)
	plan := d.Make(now, v)
	if len(plan.Gets) != 1 || plan.Gets[0].From != 0 || plan.Gets[0].To != 16 || plan.Gets[0].Rescue {
		t.Fatalf("plan %+v", plan.Gets)
	}
	if due := d.Head.Due(parts[plan.Gets[0].Part.Seq]) - now; due > earlyMost {
		t.Errorf("asked for %d ms before it is due", due/span.Millisecond)
	}
	d.Want()
	if again := d.Make(now+roamEvery, v); len(again.Gets) != 0 {
		t.Errorf("asked for another meanwhile: %+v", again.Gets)
	}
	parts[plan.Gets[0].Part.Seq].Mine = wire.Full(16)
	d.Fetched(now+roamEvery, v.Shelf, plan.Gets[0].Ref, false)
	if next := d.Make(now+2*roamEvery, v); len(next.Gets) != 1 || next.Gets[0].Part == plan.Gets[0].Part {
		t.Errorf("then asked for %+v", next.Gets)
	}
}

func TestRecordingLooksRoundAfterAJump(t *testing.T) {
	d, v, parts := recording(t)
	if !d.Report(now, 60_000, 2000, true) {
		t.Fatal("a jump went unnoticed")
	}
	if plan := d.Make(now, v); len(plan.Gets) != 0 {
		t.Fatalf("asked the origin early before neighbours could say what they hold: %+v", plan.Gets)
	}
	due := d.Head.Due(parts[31])
	if plan := d.Make(due-d.Guard.Length(), v); len(plan.Gets) != 1 || !plan.Gets[0].Rescue || plan.Gets[0].Part.Seq != 31 {
		t.Errorf("what is due was not rescued: %+v", plan.Gets)
	}
}

func TestWhoSaysBusyIsLeftAloneForAWhile(t *testing.T) {
	d, v, parts := recording(t)
	d.Join(5)
	parts[1].Hold(5, wire.Full(16))
	plan := d.Make(now, v)
	if asked(plan, 1) == 0 {
		t.Fatal("not asked")
	}
	d.Declined(v.Shelf, 5, parts[1].Name, wire.Full(16))
	d.Rest(now, 5)
	if plan := d.Make(now+roamEvery, v); len(plan.Asks) != 0 {
		t.Errorf("asked again at once: %+v", plan.Asks)
	}
	d.Want()
	if plan := d.Make(now+RestFor, v); asked(plan, 1) == 0 {
		t.Error("not asked again, though it holds the part")
	}
}

func TestWhatARecordedPartTakesIsLearnedFromLargeRequests(t *testing.T) {
	d, v, parts := recording(t)
	var plan Plan
	plan.Gets = d.get(now, parts[1], set(3), true, nil)
	d.Fetched(now+50*span.Millisecond, v.Shelf, plan.Gets[0].Ref, false)
	if len(d.Guard.took) != 0 {
		t.Error("learned from one piece")
	}
	plan.Gets = d.get(now, parts[1], wire.Full(16), true, nil)
	d.Fetched(now+400*span.Millisecond, v.Shelf, plan.Gets[0].Ref, false)
	if d.Guard.Length() != 2*(400*span.Millisecond+guardMargin) {
		t.Error("guard", d.Guard.Length())
	}
}

// TestShelfOfARecording keeps what lies near the playhead, and the nearest of what neighbours say they hold.
func TestShelfOfARecording(t *testing.T) {
	s := &have.Shelf{Recorded: true, Head: 2000 * 300}
	for i := range have.PartsMax + 1 {
		m := &manifest.Part{Epoch: 1, Seq: uint64(i), WallMS: uint64(2000 * i), DurationUS: 2_000_000, Length: 4096, PieceSize: 4096, Hashes: make([]id.Digest, 1)}
		if _, left := s.Open(m, nil, id.Digest{}, 0); left != nil && left.Name.Seq != 0 {
			t.Errorf("part %d left, not the one farthest from the playhead", left.Name.Seq)
		}
	}
	s = &have.Shelf{Recorded: true}
	for i := range have.RumoursRecorded {
		s.Rumour(segment.Part{Seq: uint64(1000 + i)}, 0)
	}
	if s.Rumour(segment.Part{Seq: 5000}, 0) != nil {
		t.Error("a rumour farther off than all had room")
	}
	if s.Rumour(segment.Part{Seq: 5}, 0) == nil || s.Len() != have.RumoursRecorded {
		t.Error("a nearer one had none")
	}
}

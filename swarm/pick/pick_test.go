package pick

import (
	"slices"
	"testing"

	"shoal/id"
	"shoal/manifest"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm/have"
	"shoal/wire"
)

// shelf returns a shelf with one part of 16 pieces, half a second long and 3 s ahead of the playhead of desk.
func shelf(t *testing.T) (*Desk, *have.Shelf, *have.Part) {
	t.Helper()
	d, s := new(Desk), new(have.Shelf)
	d.Report(0, 1000, 2500, true)
	m := &manifest.Part{Epoch: 1, WallMS: 4000, DurationUS: 500_000, Length: 16 << 14, PieceSize: 1 << 14, Hashes: make([]id.Digest, 16)}
	p, _ := s.Open(m, nil, id.Digest{1}, 0)
	return d, s, p
}

const wait = 250 * span.Millisecond

func patience(int) (span.Span, span.Span) { return wait / 2, wait }

func missed(*have.Part, int) {}

func soon(_ id.Peer, owes int) span.Span { return span.Span(owes+1) * span.Millisecond }

func set(pieces ...int) (b wire.Bitmap) {
	for _, i := range pieces {
		b.Set(i)
	}
	return b
}

func TestSeedFetchesItsStripesAtOnce(t *testing.T) {
	d, s, _ := shelf(t)
	plan := d.Make(0, View{Takes: soon, Patience: patience, Missed: missed, Shelf: s, Stripes: 0b1111})
	if len(plan.Gets) != 1 || plan.Gets[0].From != 0 || plan.Gets[0].To != 4 || plan.Gets[0].Rescue {
		t.Fatalf("plan %+v", plan.Gets)
	}
	if again := d.Make(0, View{Takes: soon, Patience: patience, Missed: missed, Shelf: s, Stripes: 0b1111}); len(again.Gets) != 0 {
		t.Error("asked the origin twice for the same pieces")
	}
}

func TestSeedLeavesToNeighboursWhatTheyHold(t *testing.T) {
	d, s, p := shelf(t)
	d.Join(5)
	p.Hold(5, set(0, 1))
	plan := d.Make(0, View{Takes: soon, Patience: patience, Missed: missed, Shelf: s, Stripes: 0b1111})
	if len(plan.Gets) != 1 || plan.Gets[0].From != 2 {
		t.Fatalf("plan %+v", plan.Gets)
	}
}

func TestSeedDoesNotBelieveWhoWasSetAside(t *testing.T) {
	d, s, p := shelf(t)
	d.Join(5)
	p.Hold(5, wire.Full(16))
	d.Make(wait, View{Takes: soon, Patience: patience, Missed: missed, Shelf: s})
	late := span.Span(wait + AskShortest)
	d.Expire(late, s, func(id.Peer, segment.Part, int) {})
	p.Hold(5, wire.Full(16))
	d.peers.Get(5).until = Never
	plan := d.Make(late, View{Takes: soon, Patience: patience, Missed: missed, Shelf: s, Stripes: 0b1111})
	if len(plan.Gets) != 1 || plan.Gets[0].From != 0 || plan.Gets[0].To != 4 {
		t.Fatalf("plan %+v", plan.Gets)
	}
}

func TestPullWaitsForPushesAndSpreads(t *testing.T) {
	d, s, p := shelf(t)
	for _, peer := range []id.Peer{5, 6, 7} {
		d.Join(peer)
		p.Hold(peer, wire.Full(16))
	}
	if plan := d.Make(wait-1, View{Takes: soon, Patience: patience, Missed: missed, Shelf: s}); len(plan.Asks) != 0 || plan.Next != wait {
		t.Fatalf("asked before the pushes had their time: %+v", plan)
	}
	plan := d.Make(wait, View{Takes: soon, Patience: patience, Missed: missed, Shelf: s})
	asked := 0
	for _, a := range plan.Asks {
		if a.Pieces.Count() > NewcomerAsks {
			t.Errorf("a newcomer owes %d", a.Pieces.Count())
		}
		asked += a.Pieces.Count()
	}
	if len(plan.Asks) != 3 || asked != 16 {
		t.Fatalf("asked %+v", plan.Asks)
	}
}

func TestWhoIsProvenMayOweMore(t *testing.T) {
	d, s, p := shelf(t)
	d.Join(5)
	d.Delivered(5)
	p.Hold(5, wire.Full(16))
	plan := d.Make(wait, View{Takes: soon, Patience: patience, Missed: missed, Shelf: s})
	if len(plan.Asks) != 1 || plan.Asks[0].Pieces.Count() != ProvenAsks {
		t.Fatalf("asked %+v", plan.Asks)
	}
}

func TestWhoIsTooSlowIsNotAsked(t *testing.T) {
	d, s, p := shelf(t)
	d.Join(5)
	p.Hold(5, wire.Full(16))
	slow := func(id.Peer, int) span.Span { return 3 * span.Second }
	plan := d.Make(wait, View{Takes: slow, Patience: patience, Missed: missed, Shelf: s})
	if len(plan.Asks) != 0 {
		t.Fatalf("asked for what the rescue brings sooner: %+v", plan.Asks)
	}
}

func TestLateNeighboursAreSetAside(t *testing.T) {
	d, s, p := shelf(t)
	d.Join(5)
	now := span.Span(wait)
	for range MissesMax {
		p.Hold(5, wire.Full(16))
		if plan := d.Make(now, View{Takes: soon, Patience: patience, Missed: missed, Shelf: s}); len(plan.Asks) == 0 {
			t.Fatal("not asked")
		}
		now += AskShortest
		d.Expire(now, s, func(id.Peer, segment.Part, int) {})
	}
	p.Hold(5, wire.Full(16))
	if plan := d.Make(now, View{Takes: soon, Patience: patience, Missed: missed, Shelf: s}); len(plan.Asks) != 0 {
		t.Error("asked again of a neighbour that missed twice")
	}
}

// TestAnswersAreWaitedForAsLongAsTheyTake: where every uplink is full, answers come late, but they come.
func TestAnswersAreWaitedForAsLongAsTheyTake(t *testing.T) {
	d, s, p := shelf(t)
	d.Join(5)
	p.Hold(5, wire.Full(16))
	d.Make(wait, View{Takes: soon, Patience: patience, Missed: missed, Shelf: s})
	given := 0
	late := span.Span(wait + AskShortest)
	d.Expire(late, s, func(id.Peer, segment.Part, int) { given++ })
	took := AskShortest + 600*span.Millisecond
	for i := range 8 {
		d.Landed(wait+took, s, p.Name, i, 5)
	}
	if wait := d.answers.wait(0, AskLongest); given < 8 || wait <= took || wait > AskLongest {
		t.Errorf("%d answers that took %d ms; the next is waited for %d ms", given, took/span.Millisecond, wait/span.Millisecond)
	}
}

func TestARescueIsHedgedTwice(t *testing.T) {
	d, s, p := shelf(t)
	v := View{Takes: soon, Patience: patience, Missed: missed, Shelf: s}
	due := 3*span.Second - GuardFirst
	first := d.Make(due, v)
	if len(first.Gets) != 1 || first.Next != due+d.Guard.Hedge(0) {
		t.Fatalf("rescue %+v", first)
	}
	p.Checking = set(0, 1, 2)
	second := d.Make(due+d.Guard.Hedge(0), v)
	if len(second.Gets) != 1 || second.Gets[0].From != 3 || second.Next != due+d.Guard.Hedge(1) {
		t.Fatalf("hedge %+v", second)
	}
	p.Checking = set(0, 1, 2, 3, 4)
	third := d.Make(due+d.Guard.Hedge(1), v)
	if len(third.Gets) != 1 || third.Gets[0].From != 5 {
		t.Fatalf("second hedge %+v", third)
	}
	if fourth := d.Make(due+d.Guard.Length(), v); len(fourth.Gets) != 0 {
		t.Errorf("asked a fourth time: %+v", fourth.Gets)
	}
}

// TestASeedsRequestIsHedgedToo: what is fetched for others when the deadline nears is a rescue under way.
func TestASeedsRequestIsHedgedToo(t *testing.T) {
	d, s, p := shelf(t)
	v := View{Takes: soon, Patience: patience, Missed: missed, Shelf: s, Stripes: 1}
	p.Mine = p.All()
	p.Mine.Clear(0)
	due := 3*span.Second - GuardFirst
	if plan := d.Make(due-50*span.Millisecond, v); len(plan.Gets) != 1 || plan.Gets[0].Rescue {
		t.Fatalf("seeding %+v", plan)
	}
	d.Make(due, v)
	if plan := d.Make(due+d.Guard.Hedge(0), v); len(plan.Gets) != 1 || !plan.Gets[0].Rescue {
		t.Errorf("not asked again: %+v", plan)
	}
}

func TestDeadlineGoesToTheOrigin(t *testing.T) {
	d, s, p := shelf(t)
	p.Mine = set(3, 4, 5)
	due := 3*span.Second - GuardFirst
	if plan := d.Make(due-1, View{Takes: soon, Patience: patience, Missed: missed, Shelf: s}); len(plan.Gets) != 0 || plan.Next != due {
		t.Fatalf("rescued too soon, or not planned: %+v", plan)
	}
	plan := d.Make(due, View{Takes: soon, Patience: patience, Missed: missed, Shelf: s})
	if len(plan.Gets) != 2 || !plan.Gets[0].Rescue || plan.Gets[0].To != 3 || plan.Gets[1].From != 6 || plan.Gets[1].To != 16 {
		t.Fatalf("rescue %+v", plan.Gets)
	}
	if plan.Gets[0].Within <= 0 {
		t.Error("a request without a deadline")
	}
}

func TestOriginIsGivenUpAfterFailures(t *testing.T) {
	d, s, p := shelf(t)
	now := 3 * span.Second
	for range FailuresMax {
		plan := d.Make(now, View{Takes: soon, Patience: patience, Missed: missed, Shelf: s})
		if len(plan.Gets) != 1 {
			t.Fatalf("at %d: %+v", now, plan.Gets)
		}
		d.Fetched(now, s, plan.Gets[0].Ref, true)
		now += RetryAfter
	}
	if plan := d.Make(now, View{Takes: soon, Patience: patience, Missed: missed, Shelf: s}); len(plan.Gets) != 0 || p.Failures != FailuresMax {
		t.Errorf("asked for the %dth time", FailuresMax+1)
	}
}

func TestOneRangeIsNoFailureForWantOfOthers(t *testing.T) {
	d, s, p := shelf(t)
	plan := d.Make(0, View{Takes: soon, Patience: patience, Missed: missed, Shelf: s, Stripes: 0b1111})
	p.Checking = set(0, 1, 2, 3)
	d.Fetched(span.Millisecond, s, plan.Gets[0].Ref, false)
	if p.Failures != 0 {
		t.Error("the origin brought all that was asked of it, and is blamed for pieces that others were to bring")
	}
}

// A device that has too much to do gets much late; a request for each gap left it even more to do.
func TestASmallPartIsRescuedWithOneRequest(t *testing.T) {
	d, s, p := shelf(t)
	p.Manifest.Length, p.Manifest.PieceSize = OneBytes, OneBytes/16
	p.Mine = set(0, 3, 4, 9)
	plan := d.Make(d.Head.Due(p)-d.Guard.Length(), View{Takes: soon, Patience: patience, Missed: missed, Shelf: s})
	if len(plan.Gets) != 1 || plan.Gets[0].From != 1 || plan.Gets[0].To != 16 || !plan.Gets[0].Rescue {
		t.Fatalf("rescue %+v", plan.Gets)
	}
}

func TestUnansweredFetchLapses(t *testing.T) {
	d, s, p := shelf(t)
	d.Make(3*span.Second, View{Takes: soon, Patience: patience, Missed: missed, Shelf: s})
	d.Lapse(3*span.Second+FetchLongest+span.Second, s)
	if !p.Fetching.Empty() || len(d.fetches) != 0 {
		t.Error("a request that the body never answered is still under way")
	}
}

func TestRunsAreFew(t *testing.T) {
	for _, c := range []struct {
		pieces wire.Bitmap
		most   int
		want   []run
	}{
		{set(), RunsMax, nil},
		{set(0, 1, 2), RunsMax, []run{{0, 3}}},
		{set(0, 2, 255), RunsMax, []run{{0, 1}, {2, 3}, {255, 256}}},
		{set(0, 2, 4, 6, 8), RunsMax, []run{{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}}},
		{set(0, 2, 4, 6, 8, 10, 12, 14, 16), RunsMax, []run{{0, 17}}},
		{set(3), 1, []run{{3, 4}}},
		{set(3, 9), 1, []run{{3, 10}}},
	} {
		if got := runs(c.pieces, c.most); !slices.Equal(got, c.want) {
			t.Errorf("runs %v, want %v", got, c.want)
		}
	}
}

func TestGuardFollowsTheOrigin(t *testing.T) {
	var g Guard
	if g.Length() != GuardFirst {
		t.Error("first guard", g.Length())
	}
	g.Measured(50 * span.Millisecond)
	if g.Length() != GuardMin {
		t.Error("an origin that was quick once", g.Length())
	}
	for range 3 {
		g.Measured(50 * span.Millisecond)
	}
	if g.Length() != GuardMin {
		t.Error("quick origin", g.Length())
	}
	g.Measured(900 * span.Millisecond)
	g.Measured(900 * span.Millisecond)
	if g.Length() != 2*(900*span.Millisecond+guardMargin) {
		t.Error("slow origin", g.Length())
	}
	for range guardSamples - 6 {
		g.Measured(50 * span.Millisecond)
	}
	if g.Length() != GuardMin {
		t.Error("one slow answer of many", g.Length())
	}
	for range guardSamples {
		g.Measured(60 * span.Second)
	}
	if g.Length() != GuardMax || len(g.took) != guardSamples {
		t.Error("bounds", g.Length(), len(g.took))
	}
}

func TestWhatIsAskedTwiceIsASmallShareOfWhatIsAnswered(t *testing.T) {
	var g Guard
	for range hedgesSpare {
		if !g.Spend() {
			t.Fatal("nothing to spare at the beginning")
		}
	}
	asked := 0
	for range 100 * hedgeEarned {
		g.Measured(span.Second)
		for g.Spend() {
			asked++
		}
	}
	if asked != 100 {
		t.Errorf("asked twice %d times of %d", asked, 100*hedgeEarned)
	}
}

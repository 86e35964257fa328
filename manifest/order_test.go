package manifest

import (
	"testing"

	"pgregory.net/rapid"

	"shoal/id"
)

func TestJudgeAndAdvance(t *testing.T) {
	d := func(n byte) id.Digest { return id.Digest{n} }
	edge := Edge{Seen: true, Epoch: 3, Seq: 10, Digest: d(10)}
	for name, c := range map[string]struct {
		edge  Edge
		part  Part
		want  Verdict
		moves bool
	}{
		"first of all":              {Edge{}, Part{Epoch: 3, Seq: 10, Prev: d(9)}, Skip, true},
		"first, far ahead":          {Edge{}, Part{Epoch: 3, Seq: 1 << 40, Prev: d(9)}, Skip, true},
		"next":                      {edge, Part{Epoch: 3, Seq: 11, Prev: d(10)}, Next, true},
		"next of another history":   {edge, Part{Epoch: 3, Seq: 11, Prev: d(7)}, Fork, true},
		"after a gap":               {edge, Part{Epoch: 3, Seq: 12, Prev: d(11)}, Skip, true},
		"same":                      {edge, Part{Epoch: 3, Seq: 10, Prev: d(9)}, Old, false},
		"before":                    {edge, Part{Epoch: 3, Seq: 2, Prev: d(1)}, Old, false},
		"as far as a gap may be":    {edge, Part{Epoch: 3, Seq: 10 + LeapMax, Prev: d(1)}, Skip, true},
		"too far":                   {edge, Part{Epoch: 3, Seq: 10 + LeapMax + 1, Prev: d(1)}, Leap, true},
		"too far by all that fits":  {edge, Part{Epoch: 3, Seq: 1<<64 - 1, Prev: d(1)}, Leap, true},
		"earlier epoch, later part": {edge, Part{Epoch: 2, Seq: 11, Prev: d(10)}, Stale, false},
		"later epoch":               {edge, Part{Epoch: 4, Seq: 0}, Skip, true},
		"later epoch, same seq":     {edge, Part{Epoch: 4, Seq: 10, Prev: d(9)}, Skip, true},
		"after the last possible":   {Edge{Seen: true, Epoch: 3, Seq: 1<<64 - 1}, Part{Epoch: 3}, Old, false},
	} {
		if got := c.edge.Judge(&c.part); got != c.want {
			t.Errorf("%s: Judge = %d, want %d", name, got, c.want)
		}
		want := c.edge
		if c.moves {
			want = Edge{Seen: true, Epoch: c.part.Epoch, Seq: c.part.Seq, Digest: d(99)}
		}
		if got := c.edge.Advance(&c.part, d(99)); got != want {
			t.Errorf("%s: Advance = %+v, want %+v", name, got, want)
		}
	}
}

// TestEdgeNeverGoesBack feeds parts in any order.
func TestEdgeNeverGoesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var e Edge
		for i := range rapid.IntRange(1, 40).Draw(t, "parts") {
			p := Part{Epoch: rapid.Uint64Range(0, 3).Draw(t, "epoch"), Seq: rapid.Uint64Range(0, 9).Draw(t, "seq")}
			verdict := e.Judge(&p)
			next := e.Advance(&p, id.Digest{byte(i)})
			if next.Epoch < e.Epoch || next.Epoch == e.Epoch && next.Seq < e.Seq {
				t.Fatalf("%+v after %+v", next, e)
			}
			if moved := next != e; moved != (verdict != Old && verdict != Stale) {
				t.Fatalf("verdict %d, moved %v", verdict, moved)
			}
			e = next
		}
	})
}

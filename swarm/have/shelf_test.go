package have

import (
	"slices"
	"testing"

	"shoal/id"
	"shoal/manifest"
	"shoal/segment"
	"shoal/wire"
)

func unsettled(s *Shelf) (seqs []uint64) {
	s.Unsettled(func(p *Part) { seqs = append(seqs, p.Name.Seq) })
	return seqs
}

// TestSettledPartsAreKeptButNotLookedAt completes parts in any order: what remains to be looked at stays in order, and what does
// not is still there.
func TestSettledPartsAreKeptButNotLookedAt(t *testing.T) {
	var s Shelf
	for _, seq := range []uint64{3, 1, 2, 4} {
		s.Open(&manifest.Part{Seq: seq, Hashes: make([]id.Digest, 2)}, nil, id.Digest{}, 0)
	}
	s.Rumour(segment.Part{Seq: 5}, 0)
	for _, seq := range []uint64{2, 3, 4} {
		p := s.Get(segment.Part{Seq: seq})
		p.Keep(0)
		if p.Complete() {
			t.Errorf("part %d is complete without its last piece", seq)
		}
		p.Keep(1)
		p.Wanted = seq == 3
		if seq == 4 {
			p.Fresh = wire.Full(2)
		}
	}
	for range 2 { // the first time they are looked at once more
		unsettled(&s)
	}
	if seqs := unsettled(&s); !slices.Equal(seqs, []uint64{1, 3, 4, 5}) {
		t.Errorf("looks at %v: 1 lacks pieces, 3 is wanted, 4 is to be announced, and of 5 there is no record", seqs)
	}
	if p := s.Get(segment.Part{Seq: 2}); p == nil || !p.Complete() || s.Len() != 5 {
		t.Error("part 2 is gone, though others may want it")
	}
	s.Get(segment.Part{Seq: 3}).Wanted = false
	s.Remove(segment.Part{Seq: 1})
	s.Remove(segment.Part{Seq: 2})
	unsettled(&s)
	if seqs := unsettled(&s); !slices.Equal(seqs, []uint64{4, 5}) || s.Len() != 3 {
		t.Errorf("looks at %v of %d", seqs, s.Len())
	}
}

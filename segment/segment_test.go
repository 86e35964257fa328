package segment

import (
	"testing"

	"pgregory.net/rapid"
)

func TestPieceSize(t *testing.T) {
	for _, c := range []struct{ length, size, pieces int }{
		{1, 4096, 1},
		{4096, 4096, 1},
		{4097, 4096, 2},
		{16 * 4096, 4096, 16},
		{16*4096 + 1, 5120, 13}, // the step rounds up: fewer than Stripes pieces
		{187_500, 12288, 16},    // half a second of 3 Mbit/s
		{16 * 16384, 16384, 16},
		{16*16384 + 1, 16384, 17},
		{PartSizeMax, 16384, PiecesMax},
	} {
		if got := PieceSize(c.length); got != c.size {
			t.Errorf("PieceSize(%d) = %d, want %d", c.length, got, c.size)
		}
		if got := Pieces(c.length, c.size); got != c.pieces {
			t.Errorf("Pieces(%d, %d) = %d, want %d", c.length, c.size, got, c.pieces)
		}
	}
}

func TestPiecesCoverPart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.IntRange(1, PartSizeMax).Draw(t, "length")
		size := PieceSize(length)
		n := Pieces(length, size)
		if size%PieceSizeStep != 0 || size < PieceSizeMin || size > PieceSizeMax || n < 1 || n > PiecesMax {
			t.Fatalf("length %d: %d pieces of %d", length, n, size)
		}
		if (n-1)*size >= length || n*size < length {
			t.Fatalf("length %d: %d pieces of %d do not cover it", length, n, size)
		}
		if size < PieceSizeMax && n > Stripes {
			t.Fatalf("length %d: %d pieces, though a larger piece was allowed", length, n)
		}
	})
}

func TestStripesAreEvenAndInOrder(t *testing.T) {
	for count := 1; count <= PiecesMax; count++ {
		var load [Stripes]int
		last := 0
		for i := range count {
			s := Stripe(i, count)
			if s < last || s >= Stripes {
				t.Fatalf("Stripe(%d, %d) = %d after %d", i, count, s, last)
			}
			load[s]++
			last = s
		}
		for s, n := range load {
			if n > (count+Stripes-1)/Stripes {
				t.Fatalf("%d pieces: stripe %d carries %d", count, s, n)
			}
		}
	}
}

func TestCompareIsAnOrder(t *testing.T) {
	draw := rapid.Custom(func(t *rapid.T) Part {
		n := rapid.Uint64Range(0, 2)
		return Part{Epoch: n.Draw(t, "epoch"), Seq: n.Draw(t, "seq"), Track: Track(n.Draw(t, "track"))}
	})
	rapid.Check(t, func(t *rapid.T) {
		p, q, r := draw.Draw(t, "p"), draw.Draw(t, "q"), draw.Draw(t, "r")
		if p.Compare(q) != -q.Compare(p) || (p.Compare(q) == 0) != (p == q) {
			t.Fatal("not antisymmetric")
		}
		if p.Compare(q) <= 0 && q.Compare(r) <= 0 && p.Compare(r) > 0 {
			t.Fatal("not transitive")
		}
	})
	if (Part{Epoch: 1}).Compare(Part{Seq: 9, Track: 7}) != 1 || (Part{Track: 1}).Compare(Part{Seq: 9}) != 1 {
		t.Error("the order is not epoch, track, seq")
	}
}

func TestKind(t *testing.T) {
	for k, want := range map[Kind]string{Video: "video", Audio: "audio", 0: "unknown", 9: "unknown"} {
		if k.String() != want {
			t.Errorf("Kind(%d) = %q, want %q", k, k, want)
		}
	}
}

package peer

import (
	"bytes"
	"crypto/sha256"
	"io"
	"testing"

	"pgregory.net/rapid"

	"shoal/id"
	"shoal/segment"
	"shoal/swarm"
)

func media(n int, seed byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = seed + byte(i*7)
	}
	return b
}

func hash(b []byte) id.Digest { return sha256.Sum256(b) }

func TestStorePutsPiecesTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.IntRange(1, 200_000).Draw(t, "length")
		size := segment.PieceSize(length)
		part := segment.Part{Epoch: 1, Seq: 2}
		s := newStore(1 << 20)
		s.open(swarm.Open{Part: part, Length: length, PieceSize: size})
		whole := media(length, 3)
		n := segment.Pieces(length, size)
		for k, i := range rapid.Permutation(indices(n)).Draw(t, "order") {
			if s.whole(part) != nil {
				t.Fatalf("whole after %d of %d pieces", k, n)
			}
			want := whole[i*size : min((i+1)*size, length)]
			c := claim{part, i, id.Peer(k)}
			if !s.claim(c, bytes.Clone(want)) {
				t.Fatal("no room")
			}
			if s.piece(part, i) != nil {
				t.Fatal("an unchecked piece can be sent")
			}
			if ok, _ := s.check(c, hash(want)); !ok || !bytes.Equal(s.piece(part, i), want) {
				t.Fatalf("piece %d is not in its place", i)
			}
		}
		if !bytes.Equal(s.whole(part), whole) || s.used != length || len(s.claims) != 0 {
			t.Fatalf("%d bytes used of %d", s.used, length)
		}
		s.drop(part)
		if s.used != 0 || len(s.parts) != 0 || len(s.order) != 0 || s.whole(part) != nil {
			t.Fatal("something is left of a dropped part")
		}
	})
}

func indices(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

func TestStoreRefuses(t *testing.T) {
	part := segment.Part{Epoch: 1, Seq: 2}
	good := media(4096, 1)
	flipped := bytes.Clone(good)
	flipped[100] ^= 4
	for name, c := range map[string]struct {
		claim claim
		data  []byte
		hash  id.Digest
	}{
		"an altered piece":   {claim{part, 0, 1}, flipped, hash(good)},
		"a piece too short":  {claim{part, 0, 1}, good[:4095], hash(good[:4095])},
		"a piece too long":   {claim{part, 2, 1}, good, hash(good)},
		"a piece beyond":     {claim{part, 3, 1}, good, hash(good)},
		"a negative piece":   {claim{part, -1, 1}, good, hash(good)},
		"an unopened part":   {claim{segment.Part{Epoch: 1, Seq: 9}, 0, 1}, good, hash(good)},
		"nothing at all":     {claim{part, 0, 1}, nil, hash(nil)},
		"another's position": {claim{part, 1, 1}, good, hash(media(4096, 9))},
	} {
		s := newStore(1 << 20)
		s.open(swarm.Open{Part: part, Length: 2*4096 + 10, PieceSize: 4096})
		if c.data != nil {
			s.claim(c.claim, c.data)
		}
		if ok, _ := s.check(c.claim, c.hash); ok {
			t.Errorf("%s was accepted", name)
		}
		if len(s.claims) != 0 || s.used != 0 {
			t.Errorf("%s leaves %d claims, %d bytes", name, len(s.claims), s.used)
		}
	}
}

func TestStoreIsBounded(t *testing.T) {
	s := newStore(100_000)
	gone := 0
	for seq := range uint64(50) {
		part := segment.Part{Epoch: 1, Seq: seq}
		gone += len(s.open(swarm.Open{Part: part, Length: 16_000, PieceSize: 16 << 10}))
		data := media(16_000, byte(seq))
		s.claim(claim{part, 0, 1}, data)
		s.check(claim{part, 0, 1}, hash(data))
	}
	if s.most > 100_000+16_000 || gone != 50-len(s.parts) || s.parts[segment.Part{Epoch: 1, Seq: 49}] == nil {
		t.Errorf("%d bytes at most, %d parts gone, %d here", s.most, gone, len(s.parts))
	}
	for i := range 2 * claimsMax {
		s.claim(claim{segment.Part{}, i, 1}, []byte{1})
	}
	if len(s.claims) != claimsMax || s.claim(claim{segment.Part{}, 0, 1}, []byte{2}) {
		t.Errorf("%d claims", len(s.claims))
	}
}

// written keeps each Write apart.
type written [][]byte

func (w *written) Write(b []byte) (int, error) {
	*w = append(*w, b)
	return len(b), nil
}

func TestScreenWritesInitsBeforeTheirParts(t *testing.T) {
	var out written
	s := newScreen(func(t segment.Track) io.Writer {
		if t == 1 {
			return nil
		}
		return &out
	})
	one, two := id.Digest{1}, id.Digest{2}
	if !s.needs(one) || s.needs(one) || !s.needs(two) || s.needs(id.Digest{}) {
		t.Error("needs")
	}
	s.show(0, one, []byte("a"))
	s.show(0, two, []byte("b"))
	s.show(1, one, []byte("unseen"))
	s.init(two, []byte("TWO"))
	if len(out) != 0 {
		t.Errorf("%q was written before its init segment", out)
	}
	s.init(one, []byte("ONE"))
	s.show(0, two, []byte("c"))
	if got := string(bytes.Join(out, []byte(" "))); got != "ONE a TWO b c" {
		t.Errorf("%q", got)
	}
}

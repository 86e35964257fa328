package swarmtest

import (
	"crypto/ed25519"
	"strconv"

	"shoal/id"
	"shoal/manifest"
	"shoal/manifest/sign"
	"shoal/segment"
)

// bornWallMS is the wall clock at a scenario's beginning.
const bornWallMS = 1_700_000_000_000

// source signs the parts of a made-up broadcast with real keys.
type source struct {
	identity, session sign.Key
	certificate       []byte
	epoch             uint64
	prev              [segment.TracksMax]id.Digest
	seq               [segment.TracksMax]uint64
}

func key(seed byte) sign.Key {
	var b [ed25519.SeedSize]byte
	b[0] = seed
	return sign.Key(ed25519.NewKeyFromSeed(b[:]))
}

func newSource(seed byte, epoch uint64) *source {
	s := &source{identity: key(seed), session: key(seed + 1), epoch: epoch}
	c, err := sign.Certificate(manifest.Certificate{
		Epoch: epoch, Session: s.session.Public(), NotBeforeMS: bornWallMS - 1000, NotAfterMS: bornWallMS + manifest.LifetimeMaxMS - 1000,
	}, s.identity)
	if err != nil {
		panic(err)
	}
	s.certificate = c.Append(nil)
	return s
}

// part returns the next part of a track: pieces of the smallest size, each of which hashes to hashOf its name.
func (s *source) part(track segment.Track, wallMS uint64, durationUS uint32, pieces int) (name segment.Part, record []byte) {
	p := &manifest.Part{
		Channel: s.identity.Public(), Epoch: s.epoch, Track: track, Independent: s.seq[track]%4 == 0,
		MSN: s.epoch<<20 + s.seq[track]/4, Index: uint16(s.seq[track] % 4), Seq: s.seq[track], Prev: s.prev[track],
		Init: sign.Digest([]byte("init")), WallMS: wallMS, StartUS: s.seq[track] * uint64(durationUS), DurationUS: durationUS,
		Length: uint32(pieces * segment.PieceSizeMin), PieceSize: segment.PieceSizeMin,
	}
	for i := range pieces {
		p.Hashes = append(p.Hashes, hashOf(p.Name(), i))
	}
	record, digest, err := sign.Part(p, s.session)
	if err != nil {
		panic(err)
	}
	s.prev[track] = digest
	s.seq[track]++
	return p.Name(), record
}

// hashOf stands for the SHA-256 of a piece's true bytes.
func hashOf(p segment.Part, piece int) id.Digest {
	return sign.Digest([]byte(strconv.FormatUint(p.Epoch, 10) + "/" + strconv.Itoa(int(p.Track)) + "/" +
		strconv.FormatUint(p.Seq, 10) + "/" + strconv.Itoa(piece)))
}

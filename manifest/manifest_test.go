package manifest

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"shoal/id"
	"shoal/segment"
)

// golden reads a file of hexadecimal lines; lines that start with '#' say which field of doc.go follows.
func golden(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		field, err := hex.DecodeString(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, field...)
	}
	return b
}

func count(from byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

func goldenCertificate() Certificate {
	return Certificate{
		Channel: id.Channel(count(0x10, 32)), Epoch: 0x0102030405060708, Session: [32]byte(count(0x40, 32)),
		NotBeforeMS: 1_790_000_000_000, NotAfterMS: 1_790_086_400_000, MinSeq: 0x1112131415161718,
		Signature: [SignatureSize]byte(count(0x80, 64)),
	}
}

func goldenPart() *Part {
	return &Part{
		Channel: id.Channel(count(0x10, 32)), Epoch: 0x0102030405060708, Track: 5, Independent: true, Encrypted: true,
		KeyID: 0x2122, MSN: 0x3132333435363738, Index: 0x4142, Seq: 0x5152535455565758,
		Prev: id.Digest(count(0x60, 32)), Init: id.Digest(count(0x90, 32)),
		WallMS: 1_790_000_000_123, StartUS: 0xa1a2a3a4a5a6a7a8, DurationUS: 500_000, Length: 0x1100, PieceSize: 0x1000,
		Hashes:    []id.Digest{id.Digest(count(0xb0, 32)), id.Digest(count(0xd0, 32))},
		Signature: [SignatureSize]byte(count(1, 64)),
	}
}

func goldenEnd() *Part {
	return &Part{
		Channel: id.Channel(count(0x10, 32)), Epoch: 7, Track: 1, End: true, MSN: 9, Index: 1, Seq: 40,
		Prev: id.Digest(count(0x60, 32)), WallMS: 1_790_000_000_123, StartUS: 20_000_000,
		Signature: [SignatureSize]byte(count(1, 64)),
	}
}

// TestGolden holds the code to the layouts in doc.go: the files were written from those, not by this code.
func TestGolden(t *testing.T) {
	c := goldenCertificate()
	if b := c.Append(nil); !bytes.Equal(b, golden(t, "certificate.hex")) || len(b) != CertificateSize {
		t.Errorf("certificate is\n%x", b)
	}
	if got, err := ParseCertificate(golden(t, "certificate.hex")); err != nil || got != c {
		t.Errorf("certificate reads as %+v, %v", got, err)
	}
	for name, p := range map[string]*Part{"part.hex": goldenPart(), "end.hex": goldenEnd()} {
		b := p.Append(nil)
		if !bytes.Equal(b, golden(t, name)) || len(b) != 233+32*len(p.Hashes) {
			t.Errorf("%s is\n%x", name, b)
		}
		got, err := ParsePart(golden(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.Equal(got.Append(nil), b) || got.Name() != p.Name() || got.Independent != p.Independent || got.End != p.End {
			t.Errorf("%s reads as %+v", name, got)
		}
	}
}

func TestSignatureCoversAllButItself(t *testing.T) {
	c := goldenCertificate()
	if b := c.Append(nil); !bytes.Equal(c.AppendUnsigned(nil), b[:len(b)-SignatureSize]) {
		t.Error("certificate")
	}
	p := goldenPart()
	if b := p.Append(nil); !bytes.Equal(p.AppendUnsigned(nil), b[:len(b)-SignatureSize]) {
		t.Error("part")
	}
}

func TestParseCertificateRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Certificate){
		"ends before it begins": func(c *Certificate) { c.NotAfterMS = c.NotBeforeMS - 1 },
		"ends as it begins":     func(c *Certificate) { c.NotAfterMS = c.NotBeforeMS },
		"lives too long":        func(c *Certificate) { c.NotAfterMS = c.NotBeforeMS + LifetimeMaxMS + 1 },
		"lives for ever":        func(c *Certificate) { c.NotBeforeMS, c.NotAfterMS = 0, 1<<64-1 },
	} {
		c := goldenCertificate()
		spoil(&c)
		if _, err := ParseCertificate(c.Append(nil)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
	b := golden(t, "certificate.hex")
	for name, b := range map[string][]byte{
		"empty": nil, "short": b[:len(b)-1], "long": append(bytes.Clone(b), 0), "part record": golden(t, "part.hex"),
		"part tag": append([]byte("shoal.part.v1\x00\x00\x00"), b[tagSize:]...),
	} {
		if _, err := ParseCertificate(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
}

func TestValidAt(t *testing.T) {
	c := Certificate{NotBeforeMS: 1000, NotAfterMS: 2000}
	for _, v := range []struct {
		wall, slack uint64
		want        bool
	}{
		{999, 0, false}, {1000, 0, true}, {2000, 0, true}, {2001, 0, false},
		{900, 100, true}, {899, 100, false}, {2100, 100, true}, {2101, 100, false}, {0, 5000, true},
	} {
		if c.ValidAt(v.wall, v.slack) != v.want {
			t.Errorf("ValidAt(%d, %d) = %v", v.wall, v.slack, !v.want)
		}
	}
}

func TestParsePartRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Part){
		"track":                  func(p *Part) { p.Track = segment.TracksMax },
		"encrypted, no key":      func(p *Part) { p.KeyID = 0 },
		"key, not encrypted":     func(p *Part) { p.Encrypted = false },
		"first with a prev":      func(p *Part) { p.Seq = 0 },
		"later without a prev":   func(p *Part) { p.Prev = id.Digest{} },
		"no duration":            func(p *Part) { p.DurationUS = 0 },
		"long duration":          func(p *Part) { p.DurationUS = DurationMaxUS + 1 },
		"no length":              func(p *Part) { p.Length, p.Hashes = 0, nil },
		"too long":               func(p *Part) { p.Length = segment.PartSizeMax + 1 },
		"small pieces":           func(p *Part) { p.PieceSize = segment.PieceSizeMin - segment.PieceSizeStep },
		"large pieces":           func(p *Part) { p.PieceSize = segment.PieceSizeMax + segment.PieceSizeStep },
		"odd pieces":             func(p *Part) { p.PieceSize++ },
		"too many pieces":        func(p *Part) { p.Length = segment.PiecesMax*p.PieceSize + 1 },
		"no init":                func(p *Part) { p.Init = id.Digest{} },
		"a hash too many":        func(p *Part) { p.Hashes = append(p.Hashes, id.Digest{}) },
		"a hash too few":         func(p *Part) { p.Hashes = p.Hashes[:1] },
		"end with media":         func(p *Part) { p.End = true },
		"piece size without end": func(p *Part) { p.PieceSize = 0 },
	} {
		p := goldenPart()
		spoil(p)
		if _, err := ParsePart(p.Append(nil)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
	for name, spoil := range map[string]func(*Part){
		"independent": func(p *Part) { p.Independent = true },
		"encrypted":   func(p *Part) { p.Encrypted, p.KeyID = true, 1 },
		"duration":    func(p *Part) { p.DurationUS = 1 },
		"length":      func(p *Part) { p.Length = 1 },
		"piece size":  func(p *Part) { p.PieceSize = segment.PieceSizeMin },
		"init":        func(p *Part) { p.Init = id.Digest{1} },
		"hash":        func(p *Part) { p.Hashes = []id.Digest{{}} },
	} {
		p := goldenEnd()
		spoil(p)
		if _, err := ParsePart(p.Append(nil)); !errors.Is(err, ErrMalformed) {
			t.Errorf("end with %s: %v, want ErrMalformed", name, err)
		}
	}
	b := golden(t, "part.hex")
	unknown := bytes.Clone(b)
	unknown[57] |= 1 << 4
	for name, b := range map[string][]byte{
		"empty": nil, "short": b[:len(b)-1], "long": append(bytes.Clone(b), 0), "unknown flag": unknown,
		"certificate": golden(t, "certificate.hex"), "huge": make([]byte, PartSizeMax+1),
		"certificate tag": append([]byte("shoal.session.v1"), b[tagSize:]...),
	} {
		if _, err := ParsePart(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
}

func drawPart(t *rapid.T) *Part {
	digest := rapid.Map(rapid.SliceOfN(rapid.Byte(), 32, 32), func(b []byte) id.Digest { return id.Digest(b) })
	present := digest.Filter(func(d id.Digest) bool { return !d.IsZero() })
	p := &Part{
		Channel: id.Channel(digest.Draw(t, "channel")), Epoch: rapid.Uint64().Draw(t, "epoch"),
		Track: segment.Track(rapid.IntRange(0, segment.TracksMax-1).Draw(t, "track")), End: rapid.Bool().Draw(t, "end"),
		MSN: rapid.Uint64().Draw(t, "msn"), Index: rapid.Uint16().Draw(t, "index"), Seq: rapid.Uint64().Draw(t, "seq"),
		WallMS: rapid.Uint64().Draw(t, "wall"), StartUS: rapid.Uint64().Draw(t, "start"),
	}
	if p.Seq != 0 {
		p.Prev = present.Draw(t, "prev")
	}
	copy(p.Signature[:], rapid.SliceOfN(rapid.Byte(), 64, 64).Draw(t, "signature"))
	if p.End {
		return p
	}
	p.Independent, p.Discontinuity = rapid.Bool().Draw(t, "independent"), rapid.Bool().Draw(t, "discontinuity")
	p.KeyID = rapid.Uint16().Draw(t, "key")
	p.Encrypted = p.KeyID != 0
	p.Init = present.Draw(t, "init")
	p.DurationUS = rapid.Uint32Range(1, DurationMaxUS).Draw(t, "duration")
	p.Length = rapid.Uint32Range(1, 40*segment.PieceSizeMax).Draw(t, "length")
	p.PieceSize = uint32(segment.PieceSize(int(p.Length)))
	n := segment.Pieces(int(p.Length), int(p.PieceSize))
	p.Hashes = rapid.SliceOfN(digest, n, n).Draw(t, "hashes")
	return p
}

func TestPartReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPart(t)
		b := p.Append(nil)
		got, err := ParsePart(b)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Append(nil), b) {
			t.Fatal("another spelling")
		}
		total := 0
		for i := range got.Hashes {
			n := got.PieceLength(i)
			if n < 1 || n > int(got.PieceSize) {
				t.Fatalf("piece %d has %d bytes", i, n)
			}
			total += n
		}
		if total != int(got.Length) {
			t.Fatalf("pieces hold %d bytes of %d", total, got.Length)
		}
	})
}

func FuzzCertificate(f *testing.F) {
	f.Add(golden(f, "certificate.hex"))
	f.Add(golden(f, "part.hex"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := ParseCertificate(b); err == nil && !bytes.Equal(c.Append(nil), b) {
			t.Errorf("%x has a second spelling", b)
		}
	})
}

func FuzzPart(f *testing.F) {
	f.Add(golden(f, "part.hex"))
	f.Add(golden(f, "end.hex"))
	f.Add(golden(f, "certificate.hex"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePart(b)
		if err != nil {
			return
		}
		if !bytes.Equal(p.Append(nil), b) {
			t.Errorf("%x has a second spelling", b)
		}
		for i := range p.Hashes {
			if n := p.PieceLength(i); n < 1 || n > segment.PieceSizeMax {
				t.Errorf("piece %d has %d bytes", i, n)
			}
		}
	})
}

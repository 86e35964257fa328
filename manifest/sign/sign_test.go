package sign

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"

	"shoal/id"
	"shoal/manifest"
	"shoal/segment"
)

func key(seed byte) Key { return Key(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32))) }

// publication is a certificate and a part signed under it, in binary form.
type publication struct {
	channel     id.Channel
	certificate []byte
	part        []byte
}

func publish(t testing.TB, identity, session Key, edit func(*manifest.Part)) publication {
	t.Helper()
	c, err := Certificate(manifest.Certificate{
		Epoch: 4, Session: session.Public(), NotBeforeMS: 1000, NotAfterMS: 2000, MinSeq: 5,
	}, identity)
	if err != nil {
		t.Fatal(err)
	}
	p := &manifest.Part{
		Channel: c.Channel, Epoch: 4, MSN: 8, Seq: 6, Prev: id.Digest{1}, Init: id.Digest{2}, WallMS: 1500,
		DurationUS: 500_000, Length: 60_000, PieceSize: uint32(segment.PieceSize(60_000)),
	}
	p.Hashes = make([]id.Digest, segment.Pieces(int(p.Length), int(p.PieceSize)))
	for i := range p.Hashes {
		p.Hashes[i] = Digest([]byte{byte(i)})
	}
	if edit != nil {
		edit(p)
	}
	record, digest, err := Part(p, session)
	if err != nil {
		t.Fatal(err)
	}
	if digest != Digest(record) {
		t.Fatal("the digest is not the record's")
	}
	return publication{c.Channel, c.Append(nil), record}
}

func (p publication) open() error {
	c, err := OpenCertificate(p.certificate, p.channel)
	if err != nil {
		return err
	}
	_, err = OpenPart(p.part, c)
	return err
}

func TestOpen(t *testing.T) {
	if err := publish(t, key(1), key(2), nil).open(); err != nil {
		t.Fatal(err)
	}
	end := func(p *manifest.Part) {
		*p = manifest.Part{Channel: p.Channel, Epoch: 4, Seq: 6, Prev: id.Digest{1}, End: true}
	}
	if err := publish(t, key(1), key(2), end).open(); err != nil {
		t.Errorf("end: %v", err)
	}
}

func TestOpenRefusesWhatTheKeyMayNotSay(t *testing.T) {
	for name, edit := range map[string]func(*manifest.Part){
		"another channel": func(p *manifest.Part) { p.Channel[0] ^= 1 },
		"another epoch":   func(p *manifest.Part) { p.Epoch++ },
		"an old epoch":    func(p *manifest.Part) { p.Epoch-- },
		"below min seq":   func(p *manifest.Part) { p.Seq = 4 },
	} {
		if err := publish(t, key(1), key(2), edit).open(); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v, want ErrSignature", name, err)
		}
	}
}

func TestOpenRefusesOtherKeys(t *testing.T) {
	ours, theirs := publish(t, key(1), key(2), nil), publish(t, key(3), key(4), nil)
	for name, p := range map[string]publication{
		"another channel's certificate": {ours.channel, theirs.certificate, theirs.part},
		"another session's part":        {ours.channel, ours.certificate, theirs.part},
		"identity signs the part":       {ours.channel, ours.certificate, publish(t, key(1), key(1), nil).part},
		"session signs its certificate": {ours.channel, publish(t, key(2), key(2), nil).certificate, ours.part},
	} {
		if err := p.open(); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v, want ErrSignature", name, err)
		}
	}
}

// TestEveryBitCounts flips each bit of signed records, one at a time. None may be accepted.
func TestEveryBitCounts(t *testing.T) {
	tried, accepted := 0, 0
	flip := func(b []byte, open func() error) {
		for bit := range 8 * len(b) {
			b[bit/8] ^= 1 << (bit % 8)
			if open() == nil {
				accepted++
			}
			b[bit/8] ^= 1 << (bit % 8)
			tried++
		}
	}
	end := func(p *manifest.Part) {
		*p = manifest.Part{Channel: p.Channel, Epoch: 4, Seq: 6, Prev: id.Digest{1}, End: true}
	}
	for _, edit := range []func(*manifest.Part){nil, end} {
		p := publish(t, key(1), key(2), edit)
		open := func() error { return p.open() }
		flip(p.certificate, open)
		flip(p.part, open)
		flip(p.channel[:], open)
	}
	if accepted > 0 {
		t.Errorf("%d of %d flips accepted", accepted, tried)
	}
}

// TestRecordsDoNotPassForEachOther guards the domain tags: one key that signs both kinds signs neither for the other.
func TestRecordsDoNotPassForEachOther(t *testing.T) {
	p := publish(t, key(1), key(1), nil)
	if _, err := OpenCertificate(p.part[:manifest.CertificateSize], p.channel); !errors.Is(err, manifest.ErrMalformed) {
		t.Errorf("part as certificate: %v", err)
	}
	c, err := OpenCertificate(p.certificate, p.channel)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenPart(p.certificate, c); !errors.Is(err, manifest.ErrMalformed) {
		t.Errorf("certificate as part: %v", err)
	}
}

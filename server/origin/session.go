package origin

import (
	"crypto/ed25519"
	"crypto/rand"
	"time"

	"shoal/manifest"
	"shoal/manifest/sign"
)

const (
	// Lifetime is how long a session key is certified.
	Lifetime = manifest.LifetimeMaxMS * time.Millisecond
	// RenewAfter is the age at which a session key's successor is made.
	RenewAfter = 12 * time.Hour
	// Overlap is how long before its first use a certificate is announced.
	Overlap = time.Minute
	// backdate lets viewers whose clocks are slow take a certificate that was just made.
	backdate = 5 * time.Minute
	// certificatesMax bounds the certificates kept: the one in use, the next, and the one whose parts are still kept.
	certificatesMax = 3
)

// session is a session key with the identity's word for it.
type session struct {
	key    sign.Key
	record []byte // the certificate
	from   time.Time
	until  time.Time
}

// certify draws a session key and has the identity certify it from wall on. minSeq is the lowest seq it will sign.
func certify(p Opening, wall time.Time, minSeq uint64) (session, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return session{}, err
	}
	from := wall.Add(-backdate)
	s := session{key: sign.Key(key), from: from, until: from.Add(Lifetime)}
	c, err := sign.Certificate(manifest.Certificate{
		Epoch: p.Epoch, Session: s.key.Public(), MinSeq: minSeq,
		NotBeforeMS: uint64(s.from.UnixMilli()), NotAfterMS: uint64(s.until.UnixMilli()),
	}, p.Signer)
	if err != nil {
		return session{}, err
	}
	if c.Channel != p.Channel {
		return session{}, errSigner
	}
	s.record = c.Append(nil)
	return s, nil
}

// dueAt reports whether the key's successor should be made for a part at wall.
func (s session) dueAt(wall time.Time) bool { return !wall.Before(s.from.Add(backdate + RenewAfter)) }

// usableAt reports whether the key may still sign a part at wall.
func (s session) usableAt(wall time.Time) bool { return wall.Before(s.until.Add(-Overlap)) }

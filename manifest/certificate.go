package manifest

import (
	"encoding/binary"

	"shoal/id"
)

// CertificateSize is the length of a certificate in bytes.
const CertificateSize = 176

// LifetimeMaxMS is the longest time that a certificate may vouch for a session key: 24 hours.
const LifetimeMaxMS = 24 * 60 * 60 * 1000

// Certificate says that a channel's identity lets a session key sign the parts of one epoch, for a time.
type Certificate struct {
	Channel     id.Channel
	Epoch       uint64
	Session     [32]byte
	NotBeforeMS uint64
	NotAfterMS  uint64
	MinSeq      uint64
	Signature   [SignatureSize]byte
}

// AppendUnsigned appends what the signature covers.
func (c Certificate) AppendUnsigned(b []byte) []byte {
	b = append(b, certificateTag[:]...)
	b = append(b, c.Channel[:]...)
	b = binary.BigEndian.AppendUint64(b, c.Epoch)
	b = append(b, c.Session[:]...)
	b = binary.BigEndian.AppendUint64(b, c.NotBeforeMS)
	b = binary.BigEndian.AppendUint64(b, c.NotAfterMS)
	return binary.BigEndian.AppendUint64(b, c.MinSeq)
}

// Append appends the whole record.
func (c Certificate) Append(b []byte) []byte {
	return append(c.AppendUnsigned(b), c.Signature[:]...)
}

// ParseCertificate reads a whole record. It does not check the signature.
func ParseCertificate(b []byte) (Certificate, error) {
	if len(b) != CertificateSize {
		return Certificate{}, malformed("certificate length")
	}
	r := reader{b}
	if tag(r.take(tagSize)) != certificateTag {
		return Certificate{}, malformed("certificate tag")
	}
	c := Certificate{
		Channel:     id.Channel(r.take(32)),
		Epoch:       r.u64(),
		Session:     [32]byte(r.take(32)),
		NotBeforeMS: r.u64(),
		NotAfterMS:  r.u64(),
		MinSeq:      r.u64(),
		Signature:   [SignatureSize]byte(r.take(SignatureSize)),
	}
	if c.NotAfterMS <= c.NotBeforeMS || c.NotAfterMS-c.NotBeforeMS > LifetimeMaxMS {
		return Certificate{}, malformed("certificate lifetime")
	}
	return c, nil
}

// ValidAt reports whether the certificate's time covers wallMS, give or take slackMS for clocks that differ.
func (c Certificate) ValidAt(wallMS, slackMS uint64) bool {
	return wallMS+slackMS >= c.NotBeforeMS && wallMS <= c.NotAfterMS+slackMS
}

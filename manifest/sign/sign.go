package sign

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"

	"shoal/id"
	"shoal/manifest"
)

// ErrSignature says that a record's signature is not its signer's.
var ErrSignature = errors.New("manifest: signature does not match")

// Signer signs with a key that it keeps. An ed25519.PrivateKey wrapped by Key is one.
type Signer interface {
	Public() [32]byte
	Sign(message []byte) ([manifest.SignatureSize]byte, error)
}

// Key is a private key in memory as a Signer.
type Key ed25519.PrivateKey

// Public returns the public key.
func (k Key) Public() [32]byte { return [32]byte(k[32:]) }

// Sign returns the Ed25519 signature of message.
func (k Key) Sign(message []byte) ([manifest.SignatureSize]byte, error) {
	return [manifest.SignatureSize]byte(ed25519.Sign(ed25519.PrivateKey(k), message)), nil
}

// Certificate fills in c's channel and signature by the identity.
func Certificate(c manifest.Certificate, identity Signer) (manifest.Certificate, error) {
	c.Channel = id.Channel(identity.Public())
	sig, err := identity.Sign(c.AppendUnsigned(nil))
	c.Signature = sig
	return c, err
}

// Part fills in p's signature by the session key and returns its binary form and that form's digest.
func Part(p *manifest.Part, session Signer) (record []byte, digest id.Digest, err error) {
	if p.Signature, err = session.Sign(p.AppendUnsigned(nil)); err != nil {
		return nil, id.Digest{}, err
	}
	record = p.Append(nil)
	return record, Digest(record), nil
}

// Digest returns the SHA-256 digest of b.
func Digest(b []byte) id.Digest { return sha256.Sum256(b) }

// Verify reports whether signature is key's signature of message.
func Verify(key [32]byte, message []byte, signature [manifest.SignatureSize]byte) bool {
	return ed25519.Verify(key[:], message, signature[:])
}

// OpenCertificate parses a certificate and checks that channel signed it.
func OpenCertificate(b []byte, channel id.Channel) (manifest.Certificate, error) {
	c, err := manifest.ParseCertificate(b)
	if err != nil {
		return c, err
	}
	if c.Channel != channel || !Verify(channel, c.AppendUnsigned(nil), c.Signature) {
		return c, ErrSignature
	}
	return c, nil
}

// OpenPart parses a part record and checks that the certified session key signed it for the certified epoch.
func OpenPart(b []byte, c manifest.Certificate) (*manifest.Part, error) {
	p, err := manifest.ParsePart(b)
	if err != nil {
		return nil, err
	}
	if p.Channel != c.Channel || p.Epoch != c.Epoch || p.Seq < c.MinSeq || !Verify(c.Session, b[:len(b)-manifest.SignatureSize], p.Signature) {
		return nil, ErrSignature
	}
	return p, nil
}

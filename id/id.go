package id

import (
	"encoding/base32"
	"errors"
)

// ErrMalformed is returned by every Parse function for text that is not a name of its kind.
var ErrMalformed = errors.New("malformed name")

// Channel identifies a channel: its Ed25519 public key. The human label is a Name.
type Channel [32]byte

// channelText is lower-case base32 without padding: 52 letters, safe in a path and read aloud.
var channelText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// String returns the 52-letter base32 form.
func (c Channel) String() string { return channelText.EncodeToString(c[:]) }

// ParseChannel reads the form that String writes. It returns ErrMalformed otherwise.
func ParseChannel(s string) (Channel, error) {
	var c Channel
	b, err := channelText.DecodeString(s)
	if err != nil || len(b) != len(c) {
		return Channel{}, ErrMalformed
	}
	copy(c[:], b)
	if c.String() != s { // base32 has spare bits in its last letter: only one spelling is a name
		return Channel{}, ErrMalformed
	}
	return c, nil
}

// Digest is a SHA-256 digest.
type Digest [32]byte

// String returns 64 hexadecimal digits.
func (d Digest) String() string { return hexText(d[:]) }

// IsZero reports whether d is the zero digest, which stands for "none".
func (d Digest) IsZero() bool { return d == Digest{} }

// ParseDigest reads 64 lower-case hexadecimal digits. It returns ErrMalformed otherwise.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	if !parseHex(d[:], s) {
		return Digest{}, ErrMalformed
	}
	return d, nil
}

// Peer names one viewer's session in a channel. The tracker draws it at random; 0 is no peer.
type Peer uint64

// Origin is the name under which the origin stands where a peer is meant.
const Origin Peer = 0

// String returns 16 hexadecimal digits.
func (p Peer) String() string {
	var b [8]byte
	for i := range b {
		b[i] = byte(p >> (56 - 8*i))
	}
	return hexText(b[:])
}

// ParsePeer reads the form that String writes. It returns ErrMalformed otherwise, and for peer 0.
func ParsePeer(s string) (Peer, error) {
	var b [8]byte
	if !parseHex(b[:], s) {
		return 0, ErrMalformed
	}
	var p Peer
	for _, v := range b {
		p = p<<8 | Peer(v)
	}
	if p == 0 {
		return 0, ErrMalformed
	}
	return p, nil
}

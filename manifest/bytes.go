package manifest

import (
	"encoding/binary"
	"errors"
)

// ErrMalformed is wrapped by every parse error: the bytes are no valid encoding of the record.
var ErrMalformed = errors.New("manifest: malformed")

// malformed says which rule a record breaks. It is an ErrMalformed.
type malformed string

func (m malformed) Error() string        { return "manifest: malformed: " + string(m) }
func (m malformed) Is(target error) bool { return target == ErrMalformed }

// SignatureSize is the length of an Ed25519 signature in bytes.
const SignatureSize = 64

const tagSize = 16

type tag [tagSize]byte

var (
	certificateTag = tag([]byte("shoal.session.v1"))
	partTag        = tag([]byte("shoal.part.v1\x00\x00\x00"))
)

// reader takes big-endian fields off the front of b. The caller has checked the length beforehand.
type reader struct{ b []byte }

func (r *reader) take(n int) []byte {
	f := r.b[:n]
	r.b = r.b[n:]
	return f
}

func (r *reader) u8() uint8   { return r.take(1)[0] }
func (r *reader) u16() uint16 { return binary.BigEndian.Uint16(r.take(2)) }
func (r *reader) u24() uint32 {
	f := r.take(3)
	return uint32(f[0])<<16 | uint32(f[1])<<8 | uint32(f[2])
}
func (r *reader) u32() uint32 { return binary.BigEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64 { return binary.BigEndian.Uint64(r.take(8)) }

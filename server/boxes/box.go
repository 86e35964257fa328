package boxes

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Head is the length of a box's head: its size, and its kind.
const Head = 8

// ErrMalformed is of bytes that are not what ffmpeg writes.
var ErrMalformed = errors.New("malformed MP4")

// Next returns the next box of a stream whole, with its head, or io.EOF where none begins. It is at most most bytes.
func Next(r io.Reader, most uint32) (kind string, box []byte, err error) {
	var start [Head]byte
	if _, err := io.ReadFull(r, start[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = errWithin
		}
		return "", nil, err
	}
	size := binary.BigEndian.Uint32(start[:])
	if size < Head || size > most {
		return "", nil, fmt.Errorf("%w: a box of %d bytes; the most is %d", ErrMalformed, size, most)
	}
	var whole bytes.Buffer // grows with what comes, not with what is promised
	whole.Write(start[:])
	if _, err := io.CopyN(&whole, r, int64(size)-Head); err != nil {
		return "", nil, errWithin
	}
	return string(start[4:]), whole.Bytes(), nil
}

var errWithin = fmt.Errorf("%w: it ends within a box", ErrMalformed)

// children calls each with every box of a kind that lies in a box, without its head.
func children(box []byte, kind string, each func([]byte) error) error {
	for len(box) >= Head {
		size := binary.BigEndian.Uint32(box)
		if size < Head || uint64(size) > uint64(len(box)) {
			return fmt.Errorf("%w: a box of %d bytes", ErrMalformed, size)
		}
		if string(box[4:Head]) == kind {
			if err := each(box[Head:size:size]); err != nil {
				return err
			}
		}
		box = box[size:]
	}
	return nil
}

// fields reads a box's numbers in order. What is missing reads as zero and is noted.
type fields struct {
	left  []byte
	short bool
}

func (f *fields) take(n int) []byte {
	if len(f.left) < n {
		f.short, f.left = true, nil
		return make([]byte, n)
	}
	b := f.left[:n]
	f.left = f.left[n:]
	return b
}

func (f *fields) u32() uint32 { return binary.BigEndian.Uint32(f.take(4)) }
func (f *fields) u64() uint64 { return binary.BigEndian.Uint64(f.take(8)) }

// when takes a number if a flag is set.
func (f *fields) when(set bool, otherwise uint32) uint32 {
	if !set {
		return otherwise
	}
	return f.u32()
}

func (f *fields) complete() error {
	if f.short {
		return fmt.Errorf("%w: a box is too short", ErrMalformed)
	}
	return nil
}

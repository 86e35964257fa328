package origin

import (
	"errors"
	"io"

	"shoal/id"
	"shoal/segment"
)

// Content is bytes to serve: an io.ReadSeeker over slices that are shared and never change. One reader uses it.
type Content struct {
	Channel id.Channel    // for Count
	Track   segment.Track // for Count

	pieces [][]byte
	sheets []*sheet // of each piece, or nil: what the kernel can send without a copy
	size   int64
	at     int64
}

func newContent(b *Broadcast, track segment.Track, pieces ...[]byte) *Content {
	return NewContent(b.opening.Channel, track, pieces...)
}

// NewContent returns the pieces, one after the other, as bytes of a channel's track.
func NewContent(channel id.Channel, track segment.Track, pieces ...[]byte) *Content {
	c := &Content{Channel: channel, Track: track, pieces: pieces}
	for _, p := range pieces {
		c.size += int64(len(p))
	}
	return c
}

// Size returns the length in bytes.
func (c *Content) Size() int64 { return c.size }

// Read is of io.Reader.
func (c *Content) Read(b []byte) (int, error) {
	at := c.at
	for _, p := range c.pieces {
		if at < int64(len(p)) {
			n := copy(b, p[at:])
			c.at += int64(n)
			return n, nil
		}
		at -= int64(len(p))
	}
	return 0, io.EOF
}

// WriteTo writes what was not read yet. To what takes files, a connection, it gives them.
func (c *Content) WriteTo(w io.Writer) (written int64, err error) {
	_, takes := w.(io.ReaderFrom)
	at := c.at
	for i, p := range c.pieces {
		if at >= int64(len(p)) {
			at -= int64(len(p))
			continue
		}
		n, sent := int64(0), false
		if takes && at == 0 && i < len(c.sheets) && c.sheets[i] != nil {
			n, sent, err = c.sheets[i].send(w)
		}
		if !sent {
			var wrote int
			wrote, err = w.Write(p[at:])
			n = int64(wrote)
		}
		written, at = written+n, 0
		c.at += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// send writes a sheet; sent is false if it could not be begun.
func (s *sheet) send(w io.Writer) (n int64, sent bool, err error) {
	f := s.take()
	if f == nil {
		return 0, false, nil
	}
	defer s.give(f)
	n, err = io.CopyN(w, f, s.length)
	return n, true, err
}

// Seek is of io.Seeker.
func (c *Content) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += c.at
	case io.SeekEnd:
		offset += c.size
	}
	if offset < 0 || whence > io.SeekEnd {
		return 0, errors.New("seek outside the content")
	}
	c.at = offset
	return offset, nil
}

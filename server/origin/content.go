package origin

import (
	"errors"
	"io"
	"syscall"

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

// WriteTo writes what was not read yet. What reads by itself, a connection, may send it without a copy.
func (c *Content) WriteTo(w io.Writer) (written int64, err error) {
	if to, reads := w.(io.ReaderFrom); reads {
		return to.ReadFrom(outgoing{c})
	}
	at := c.at
	for _, p := range c.pieces {
		if at >= int64(len(p)) {
			at -= int64(len(p))
			continue
		}
		n, err := w.Write(p[at:])
		written, at = written+int64(n), 0
		c.at += int64(n)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// outgoing is a Content that a connection reads from, or lets send itself.
type outgoing struct{ content *Content }

// Read is of io.Reader.
func (o outgoing) Read(b []byte) (int, error) { return o.content.Read(b) }

// Left is how many bytes were not read yet.
func (o outgoing) Left() int64 { return o.content.size - o.content.at }

// SendTo sends what was not read yet through a connection that others do not use meanwhile, and returns how much that was. What is left then
// without an error is to be read.
func (o outgoing) SendTo(to syscall.RawConn) (sent int64, err error) {
	c := o.content
	at := c.at
	for i, p := range c.pieces {
		if at >= int64(len(p)) {
			at -= int64(len(p))
			continue
		}
		from, n := int(at), 0
		if i < len(c.sheets) && c.sheets[i] != nil {
			n, err = c.sheets[i].send(to, p, from)
		}
		if from+n < len(p) && err == nil { // without a sheet, or it gave less than it was made of
			var wrote int
			wrote, err = put(to, p, from+n)
			n += wrote
		}
		sent, at = sent+int64(n), 0
		c.at += int64(n)
		if err != nil || from+n < len(p) {
			return sent, err
		}
	}
	return sent, nil
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

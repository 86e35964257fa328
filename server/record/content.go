package record

import (
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"shoal/id"
	"shoal/segment"
)

// Content is media bytes of a recording, to be read by one reader, and closed.
type Content struct {
	Channel id.Channel
	Track   segment.Track

	dir    string
	pieces []stretch
	size   int64
	at     int64
	open   *os.File // of spool
	spool  uint32
}

// stretch is a run of bytes in a spool, or in memory.
type stretch struct {
	spool  uint32
	at     int64
	size   int64
	memory []byte
	end    int64 // in the content
}

func (r *Recording) content(track segment.Track, parts ...place) *Content {
	c := &Content{Channel: r.Key.Channel, Track: track, dir: r.dir}
	for _, p := range parts {
		c.add(stretch{spool: p.spool, at: p.at + int64(p.record), size: int64(p.data)})
	}
	return c
}

func (c *Content) add(s stretch) {
	c.size += s.size
	s.end = c.size
	c.pieces = append(c.pieces, s)
}

// Size returns the length in bytes.
func (c *Content) Size() int64 { return c.size }

// Read is of io.Reader.
func (c *Content) Read(b []byte) (int, error) {
	if c.at >= c.size {
		return 0, io.EOF
	}
	k, _ := slices.BinarySearchFunc(c.pieces, c.at+1, func(s stretch, at int64) int { return cmp.Compare(s.end, at) })
	s := c.pieces[k]
	at := c.at - (s.end - s.size)
	n, err := c.readStretch(s, b[:min(int64(len(b)), s.size-at)], at)
	c.at += int64(n)
	return n, err
}

func (c *Content) readStretch(s stretch, b []byte, at int64) (int, error) {
	if s.memory != nil {
		return copy(b, s.memory[at:]), nil
	}
	if c.open == nil || c.spool != s.spool {
		if err := c.Close(); err != nil {
			return 0, err
		}
		f, err := os.Open(filepath.Join(c.dir, spoolName(s.spool)))
		if err != nil {
			return 0, gone(err)
		}
		c.open, c.spool = f, s.spool
	}
	n, err := c.open.ReadAt(b, s.at+at)
	if n > 0 {
		return n, nil
	}
	if errors.Is(err, io.EOF) { // the spool is shorter than its index: the caller promised more
		err = io.ErrUnexpectedEOF
	}
	return n, err
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

// Close lets go of the spool.
func (c *Content) Close() error {
	if c.open == nil {
		return nil
	}
	f := c.open
	c.open = nil
	return f.Close()
}

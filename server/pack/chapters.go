package pack

import (
	"encoding/binary"
	"errors"
	"time"
)

// Chapter is a place in a file, with its name.
type Chapter struct {
	At    time.Duration
	Title string
}

// ChaptersMax is how many chapters a file can name.
const ChaptersMax = 255

var errNoMoov = errors.New("an init segment has no moov that ends it")

// WithChapters returns an init segment that names chapters in moov/udta/chpl, which most players and ffmpeg read.
func WithChapters(init []byte, chapters []Chapter) ([]byte, error) {
	if len(chapters) == 0 {
		return init, nil
	}
	at := 0
	for {
		if at+8 > len(init) {
			return nil, errNoMoov
		}
		size := int(binary.BigEndian.Uint32(init[at:]))
		if string(init[at+4:at+8]) == "moov" && at+size == len(init) {
			break
		}
		if size < 8 {
			return nil, errNoMoov
		}
		at += size
	}
	chapters = chapters[:min(len(chapters), ChaptersMax)]
	list := []byte{1, 0, 0, 0, 0, 0, 0, 0, byte(len(chapters))} // version 1, flags, reserved, count
	for _, c := range chapters {
		const unit = 100 * time.Nanosecond
		title := c.Title[:min(len(c.Title), 255)]
		list = binary.BigEndian.AppendUint64(list, uint64(max(0, c.At)/unit))
		list = append(append(list, byte(len(title))), title...)
	}
	out := append([]byte(nil), init...)
	out = append(out, box("udta", box("chpl", list))...)
	binary.BigEndian.PutUint32(out[at:], uint32(len(out)-at))
	return out, nil
}

// box puts a head before the content of a box.
func box(kind string, content []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(content)))
	return append(append(b, kind...), content...)
}

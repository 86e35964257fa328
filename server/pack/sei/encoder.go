package sei

import (
	"bytes"
	"strconv"
)

// How x264 and x265 begin what they write of themselves into their first picture.
const (
	x264 = "\xdc\x45\xe9\xbd\xe6\xd9\x48\xb7\x96\x2c\xd8\x20\xd9\x23\xee\xef"
	x265 = "\x2c\xa2\xde\x09\xb5\x17\x47\xdb\xbb\x55\xa4\xfe\x7f\xc2\xfc\x4e"
)

// KeyIntervalMax bounds what KeyInterval returns: an encoder that says more, or "infinite", sends key frames as it likes.
const KeyIntervalMax = 1 << 16

// KeyInterval returns how many pictures are at most from one key frame to the next, if the sample holds an encoder's word for it; else 0.
func KeyInterval(sample []byte, hevc bool) (pictures int) {
	Read(sample, hevc, func(kind int, body []byte) {
		if kind != Unregistered {
			return
		}
		text, is := bytes.CutPrefix(body, []byte(x264))
		if !is {
			text, is = bytes.CutPrefix(body, []byte(x265))
		}
		if !is {
			return
		}
		if n := option(text, " keyint="); n > 0 {
			pictures = n
		}
	})
	return pictures
}

// option returns the number of an option in a text, at most KeyIntervalMax; 0 if it is not there.
func option(text []byte, name string) int {
	_, value, is := bytes.Cut(text, []byte(name))
	if !is {
		return 0
	}
	if bytes.HasPrefix(value, []byte("inf")) {
		return KeyIntervalMax
	}
	digits := 0
	for digits < len(value) && value[digits] >= '0' && value[digits] <= '9' {
		digits++
	}
	n, err := strconv.ParseUint(string(value[:digits]), 10, 31)
	if digits == 0 {
		return 0
	}
	if err != nil || n > KeyIntervalMax { // more digits than any number of pictures has
		return KeyIntervalMax
	}
	return int(n)
}

package upload

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// refusal is why a file becomes no recording, in words for whoever sent it: what is wrong, and what to do.
type refusal string

func (r refusal) Error() string { return string(r) }

// form is what a file is, as ffmpeg's readers are called. It is found here and never left to ffmpeg: what it guesses is what
// whoever made the file wants it to guess.
type form string

// The forms that are taken. Each holds its media itself: none of them names another file or an address.
const (
	formMP4      form = "mov"
	formMatroska form = "matroska"
	formTS       form = "mpegts"
	formFLV      form = "flv"
)

const (
	refusedUnknown  refusal = "This is not a video that this server can read. Send MP4, MOV, MKV, WebM, MPEG-TS or FLV."
	refusedPlaylist refusal = "This is a playlist, which only names other files. Send the video itself."
	refusedText     refusal = "This is text (such as SVG or a web page) and no video. Send MP4, MOV, MKV or WebM."
	refusedArchive  refusal = "This is an archive. Unpack it, and send the video that is in it."
	refusedPicture  refusal = "This is a picture and no video. Send MP4, MOV, MKV or WebM."
	refusedSound    refusal = "This is sound only. Send a video."
	refusedOld      refusal = "This kind of file (AVI, Ogg, ASF) is not taken. Convert it to MP4 or MKV first."
	refusedCutOff   refusal = "The file ends too early: it was cut off when it was made or copied. Copy it again, or repair it first."
	refusedTable    refusal = "The file's table of contents is missing, too large or damaged. Convert it to MP4 anew."
)

// sniffMax is how much of a file is looked at to know what it is.
const sniffMax = 4 << 10

// refusalOf says what somebody sent instead of a video, by what it begins with.
func refusalOf(text []byte) refusal {
	for _, known := range []struct {
		why    refusal
		begins []string
	}{
		{refusedPlaylist, []string{"#EXTM3U", "ffconcat", "file ", "[playlist]", "<MPD", "v=0\r\n"}},
		{refusedText, []string{"<?xml", "<svg", "<html", "<!DOCTYPE", "<!doctype"}},
		{refusedArchive, []string{"PK\x03\x04", "\x1f\x8b", "7z\xbc\xaf", "Rar!"}},
		{refusedPicture, []string{"\x89PNG", "\xff\xd8\xff", "GIF8", "BM"}},
		{refusedSound, []string{"ID3", "fLaC", "\xff\xfb"}},
		{refusedOld, []string{"OggS", "RIFF", "\x30\x26\xb2\x75"}},
	} {
		if slices.ContainsFunc(known.begins, func(begin string) bool { return bytes.HasPrefix(text, []byte(begin)) }) {
			return known.why
		}
	}
	return refusedUnknown
}

const (
	tsBytes = 188
	tsSync  = 0x47
)

// sniff returns what a file is, or a refusal.
func sniff(r io.ReaderAt, size int64) (form, error) {
	head := make([]byte, min(size, sniffMax))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	switch {
	case len(head) == 0:
		return "", refusal("The file is empty.")
	case isMP4(head):
		return formMP4, checkBoxes(r, size)
	case bytes.HasPrefix(head, []byte{0x1a, 0x45, 0xdf, 0xa3}):
		return formMatroska, nil
	case bytes.HasPrefix(head, []byte("FLV\x01")):
		return formFLV, nil
	case len(head) > 2*tsBytes && head[0] == tsSync && head[tsBytes] == tsSync && head[2*tsBytes] == tsSync:
		return formTS, nil
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	return "", refusalOf(text)
}

// isMP4 reports whether a file begins with a box that MP4 and QuickTime files begin with.
func isMP4(head []byte) bool {
	if len(head) < boxHead {
		return false
	}
	switch string(head[4:boxHead]) {
	case "ftyp", "moov", "mdat", "wide", "free", "skip", "pnot":
		return true
	}
	return false
}

// Bounds of an MP4 file's boxes.
const (
	boxHead  = 8
	boxesMax = 200_000  // at the top: 12 hours of fragments of half a second
	moovMax  = 64 << 20 // 12 hours of pictures and sound have a table of about 40 MB
)

// checkBoxes looks at the boxes at the top of an MP4 file, and for a table that is compressed.
func checkBoxes(r io.ReaderAt, size int64) error {
	table := false
	at := int64(0)
	for range boxesMax {
		if at == size {
			if !table {
				return refusedTable
			}
			return nil
		}
		kind, head, end, err := boxAt(r, at, size)
		if err != nil {
			return err
		}
		if kind == "moov" {
			if table || end-at > moovMax {
				return refusedTable
			}
			table = true
			if err := checkTable(r, at+head, end); err != nil {
				return err
			}
		}
		at = end
	}
	return refusedTable
}

// boxAt reads the head of the box that begins at a place, and where it ends.
func boxAt(r io.ReaderAt, at, most int64) (kind string, head, end int64, err error) {
	var b [16]byte
	n, err := r.ReadAt(b[:min(most-at, int64(len(b)))], at)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", 0, 0, err
	}
	if n < boxHead {
		return "", 0, 0, refusedCutOff
	}
	length, head := int64(binary.BigEndian.Uint32(b[:])), int64(boxHead)
	switch length {
	case 0: // to the end
		length = most - at
	case 1: // the length is behind the kind
		if n < len(b) {
			return "", 0, 0, refusedCutOff
		}
		long := binary.BigEndian.Uint64(b[8:])
		if long > uint64(most) {
			return "", 0, 0, refusedCutOff
		}
		length, head = int64(long), int64(len(b))
	}
	if length < head {
		return "", 0, 0, refusedTable
	}
	if length > most-at {
		return "", 0, 0, refusedCutOff
	}
	return string(b[4:boxHead]), head, at + length, nil
}

// tableBoxesMax bounds the boxes directly in a table: tracks, and what describes them.
const tableBoxesMax = 256

// checkTable looks for a compressed table, which would become as large as it likes.
func checkTable(r io.ReaderAt, at, end int64) error {
	for range tableBoxesMax {
		if end-at < boxHead {
			return nil // padding
		}
		kind, _, next, err := boxAt(r, at, end)
		if err != nil || kind == "cmov" || kind == "rmra" {
			return refusedTable
		}
		at = next
	}
	return refusedTable
}

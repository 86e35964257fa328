package pack

import (
	"encoding/binary"
	"html"
	"slices"
	"strings"
	"time"

	"shoal/server/ingest"
	"shoal/server/pack/subtitle"
)

// Subtitles within a file are timed text (3GPP TS 26.245), the one form that QuickTime, VLC, mpv and ffmpeg all read from MP4.

const (
	// textScale is the time scale of such a track: milliseconds, as WebVTT has them.
	textScale = 1000
	// firstTextID is the number of the first such track, behind picture and sound.
	firstTextID = audioID + 1
	// shownAtOnce bounds the texts that are shown at the same time: a screen has no room for more.
	shownAtOnce = 6
)

// FileText is a text of a file and when it is shown; "" is shown between two texts.
type FileText struct {
	From, To time.Duration
	Text     string // without markup
}

// FileTexts lays cues out one after the other, from 0 to the end of the last, without overlaps: what is shown at the same time becomes
// one text. Their times are to be within the file.
func FileTexts(cues []subtitle.Cue) (texts []FileText) {
	cues = slices.Clone(cues)
	slices.SortStableFunc(cues, func(a, b subtitle.Cue) int { return int(a.Start - b.Start) })
	var shown []subtitle.Cue
	at := time.Duration(0)
	until := func(to time.Duration) {
		if to = to.Truncate(time.Millisecond); to <= at {
			return
		}
		var lines []string
		for _, c := range shown {
			lines = append(lines, unmarked(c.Text))
		}
		texts = append(texts, FileText{at, to, strings.Join(lines, "\n")})
		at = to
	}
	for len(cues) > 0 || len(shown) > 0 {
		var ends time.Duration
		for n, c := range shown {
			if n == 0 || c.End < ends {
				ends = c.End
			}
		}
		if len(shown) > 0 && (len(cues) == 0 || ends <= cues[0].Start) {
			until(ends)
			shown = slices.DeleteFunc(shown, func(c subtitle.Cue) bool { return c.End <= ends })
			continue
		}
		until(cues[0].Start)
		shown = slices.Delete(shown, 0, max(0, len(shown)-shownAtOnce+1))
		shown, cues = append(shown, cues[0]), cues[1:]
	}
	return texts
}

// unmarked takes a cue's tags out.
func unmarked(text string) string {
	var b strings.Builder
	for text != "" {
		before, after, tag := strings.Cut(text, "<")
		b.WriteString(before)
		if !tag {
			break
		}
		_, text, _ = strings.Cut(after, ">")
	}
	return html.UnescapeString(b.String())
}

// FileTrack is the subtitles of a file in one language, as FileTexts lays them out; at least one.
type FileTrack struct {
	Language string
	Texts    []FileText
}

// WithTexts returns an init segment with subtitles in further tracks, and behind it their bytes. Unlike picture and sound they stand there
// as a whole: ffmpeg before 7 knows no durations of texts in fragments.
func WithTexts(init []byte, tracks []FileTrack) ([]byte, error) {
	if len(tracks) == 0 {
		return init, nil
	}
	at := 0
	for at+8 <= len(init) && string(init[at+4:at+8]) != "moov" {
		at += max(8, int(binary.BigEndian.Uint32(init[at:])))
	}
	if at+8 > len(init) || at+int(binary.BigEndian.Uint32(init[at:])) != len(init) {
		return nil, errNoMoov
	}
	content := init[at+8:]
	mvex := 0
	for mvex+8 <= len(content) && string(content[mvex+4:mvex+8]) != "mvex" {
		mvex += max(8, int(binary.BigEndian.Uint32(content[mvex:])))
	}
	if mvex+8 > len(content) {
		return nil, errNoMoov
	}
	var data []byte
	offsets := make([]uint32, len(tracks))
	for n, t := range tracks {
		offsets[n] = uint32(len(data))
		for _, x := range t.Texts {
			text := fitting(x.Text)
			data = append(binary.BigEndian.AppendUint16(data, uint16(len(text))), text...)
		}
	}
	with := func(from uint32) []byte {
		var traks []byte
		for n, t := range tracks {
			traks = append(traks, textTrack(firstTextID+n, t, from+offsets[n])...)
		}
		return slices.Concat(init[:at], box("moov", slices.Concat(content[:mvex], traks, content[mvex:])))
	}
	head := with(0)
	return append(with(uint32(len(head)+8)), box("mdat", data)...), nil
}

// fitting cuts a text at what its length of 16 bits can say.
func fitting(text string) string { return strings.ToValidUTF8(text[:min(len(text), 0xFFFF)], "") }

// words are 32-bit numbers, one after the other.
func words(all ...uint32) (b []byte) {
	for _, w := range all {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	return b
}

// textTrack is a trak of timed text, whose samples stand one after the other from an offset in the file on (ISO/IEC 14496-12, 8.3).
func textTrack(number int, t FileTrack, offset uint32) []byte {
	const inMovie = 2 // and not shown unless it is asked for
	packed := uint32(0)
	for _, c := range []byte(ingest.LanguageCode(t.Language)) {
		packed = packed<<5 | uint32(c-0x60)&0x1F
	}
	lasts := uint32(t.Texts[len(t.Texts)-1].To / time.Millisecond)
	durations, sizes := words(0, uint32(len(t.Texts))), words(0, 0, uint32(len(t.Texts)))
	for _, x := range t.Texts {
		durations = append(durations, words(1, uint32((x.To-x.From)/time.Millisecond))...)
		sizes = append(sizes, words(uint32(2+len(fitting(x.Text))))...)
	}
	tkhd := words(inMovie, 0, 0, uint32(number), 0, lasts, 0, 0, 3, 0) // all texts are alternatives to each other
	tkhd = append(tkhd, words(1<<16, 0, 0, 0, 1<<16, 0, 0, 0, 1<<30, 0, 0)...)
	mdhd := words(0, 0, 0, textScale, lasts, packed<<16)
	hdlr := slices.Concat(words(0, 0), []byte("sbtl"), words(0, 0, 0), []byte("\x00"))
	dref := box("dinf", box("dref", append(words(0, 1), box("url ", words(1))...)))
	// tx3g: flags, centred at the bottom, no background, no box, one style in white of one font
	entry := slices.Concat(words(0, 1, 0), []byte{1, 0xFF}, words(0, 0, 0), []byte{0, 0, 0, 0, 0, 1, 0, 18}, words(0xFFFFFFFF),
		box("ftab", append([]byte{0, 1, 0, 1, 5}, "Serif"...)))
	stbl := slices.Concat(box("stsd", append(words(0, 1), box("tx3g", entry)...)),
		box("stts", durations), box("stsc", words(0, 1, 1, uint32(len(t.Texts)), 1)), box("stsz", sizes), box("stco", words(0, 1, offset)))
	minf := slices.Concat(box("nmhd", words(0)), dref, box("stbl", stbl))
	return box("trak", slices.Concat(box("tkhd", tkhd), box("mdia", slices.Concat(box("mdhd", mdhd), box("hdlr", hdlr), box("minf", minf)))))
}

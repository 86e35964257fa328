package subtitle

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds on a text.
const (
	// FileMax bounds a text's bytes: several hours of speech.
	FileMax = 2 << 20
	// CuesMax bounds its cues.
	CuesMax = 20_000
	// TextMax bounds the bytes of one cue: a screen full.
	TextMax = 1 << 10
	// settingsMax bounds the settings of one cue, in bytes.
	settingsMax = 200
	// timeMax bounds the times that are believed.
	timeMax = 100 * time.Hour
)

// Cue is a text and when it is shown.
type Cue struct {
	Start, End time.Duration
	Settings   string // as they stand behind the times: line:0 align:left
	Text       string // lines, with the tags that WebVTT knows; neither empty lines nor an arrow are in it
}

// ErrForm says that a text is not WebVTT, or larger than one may be. What is wrong stands in front of it.
var ErrForm = errors.New("it is not WebVTT that can be used here")

func wrong(line int, format string, args ...any) error {
	return fmt.Errorf("line %d: %s: %w", line, fmt.Sprintf(format, args...), ErrForm)
}

// Parse reads WebVTT. A text without its first line is read as well, as long as it holds cues: some senders leave it out.
func Parse(b []byte) (cues []Cue, err error) {
	if len(b) > FileMax {
		return nil, fmt.Errorf("it has %d bytes, the most is %d: %w", len(b), FileMax, ErrForm)
	}
	if !utf8.Valid(b) || bytes.ContainsRune(b, 0) {
		return nil, fmt.Errorf("it is not text in UTF-8: %w", ErrForm)
	}
	text := strings.TrimPrefix(string(b), "\ufeff")
	lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"), "\n")
	headed := lines[0] == "WEBVTT" || strings.HasPrefix(lines[0], "WEBVTT ") || strings.HasPrefix(lines[0], "WEBVTT\t")
	for n := 0; n < len(lines); n++ {
		if !strings.Contains(lines[n], arrow) {
			continue
		}
		c, err := times(lines[n], n+1)
		if err != nil {
			return nil, err
		}
		first := n + 1
		for n+1 < len(lines) && lines[n+1] != "" && !strings.Contains(lines[n+1], arrow) {
			n++
		}
		c.Text = strings.TrimSpace(strings.Join(lines[first:n+1], "\n"))
		switch {
		case len(c.Text) > TextMax:
			return nil, wrong(first+1, "a text of %d bytes; the most is %d", len(c.Text), TextMax)
		case c.Text == "":
			continue
		case len(cues) == CuesMax:
			return nil, wrong(first, "more than %d texts", CuesMax)
		}
		cues = append(cues, c)
	}
	if !headed && len(cues) == 0 {
		return nil, wrong(1, "it begins with neither WEBVTT nor a time")
	}
	return cues, nil
}

const arrow = "-->"

// times reads the line above a cue.
func times(line string, number int) (c Cue, err error) {
	before, after, _ := strings.Cut(line, arrow)
	end, settings, _ := strings.Cut(strings.TrimLeft(after, " \t"), " ")
	var startOK, endOK bool
	c.Start, startOK = parseTime(strings.TrimSpace(before))
	c.End, endOK = parseTime(strings.TrimSpace(end))
	if !startOK || !endOK || strings.Contains(settings, arrow) {
		return c, wrong(number, "times are written 00:01:02.500 --> 00:01:04.000")
	}
	if c.End <= c.Start {
		return c, wrong(number, "it ends before it begins")
	}
	c.Settings = strings.Join(strings.Fields(settings), " ")
	if len(c.Settings) > settingsMax {
		return c, wrong(number, "settings of more than %d bytes", settingsMax)
	}
	return c, nil
}

// parseTime reads HH:MM:SS.mmm, or without the hours.
func parseTime(text string) (at time.Duration, ok bool) {
	whole, fraction, found := strings.Cut(text, ".")
	fields := strings.Split(whole, ":")
	if !found || len(fraction) != 3 || len(fields) < 2 || len(fields) > 3 {
		return 0, false
	}
	for i, f := range fields {
		n, err := strconv.ParseUint(f, 10, 16)
		if err != nil || len(f) < 2 || i > len(fields)-3 && n > 59 {
			return 0, false
		}
		at = at*60 + time.Duration(n)*time.Second
	}
	n, err := strconv.ParseUint(fraction, 10, 16)
	at += time.Duration(n) * time.Millisecond
	return at, err == nil && at <= timeMax
}

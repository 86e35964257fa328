package upload

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// titleOf makes a title of what a client says the file is called: whatever path it names, it is shown and never opened.
func titleOf(said string) string {
	said = strings.ToValidUTF8(said, "")
	if at := strings.LastIndexAny(said, `/\`); at >= 0 {
		said = said[at+1:]
	}
	said = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf) { // also what turns the direction of a text
			return -1
		}
		return r
	}, said)
	if at := strings.LastIndexByte(said, '.'); at > 0 && len(said)-at <= 5 { // .mp4, .webm
		said = said[:at]
	}
	return strings.TrimSpace(clip(said, titleMax))
}

// clip cuts a text to so many bytes, between two letters.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

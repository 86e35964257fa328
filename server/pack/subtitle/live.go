package subtitle

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Cut ends at a time the cues that are shown then, and takes out those that begin then or later. It changes cues.
func Cut(cues []Cue, at time.Duration) []Cue {
	cues = slices.DeleteFunc(cues, func(c Cue) bool { return c.Start >= at })
	for i := range cues {
		cues[i].End = min(cues[i].End, at)
	}
	return cues
}

// Plain returns a text without markup as one cue, or none if nothing of it can be shown: it is cut at TextMax.
func Plain(text string, from, to time.Duration) []Cue {
	text = strings.ToValidUTF8(text, "")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "", "&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	text = strings.Join(lines, "\n")
	if len(text) > TextMax {
		end := TextMax
		for !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end]
		if amp := strings.LastIndexByte(text, '&'); amp > strings.LastIndexByte(text, ';') { // half a name of a character
			text = text[:amp]
		}
		text = strings.TrimSpace(text)
	}
	if text == "" {
		return nil
	}
	return []Cue{{Start: from, End: to, Text: text}}
}

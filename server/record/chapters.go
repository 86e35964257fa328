package record

import (
	"fmt"
	"strings"
	"time"

	"shoal/server/pack"
)

// ChapterTrack returns the chapters as a WebVTT track: none if the publisher was never away.
func (s Summary) ChapterTrack() []byte {
	var b strings.Builder
	b.WriteString("WEBVTT\n")
	if len(s.Chapters) < 2 {
		return []byte(b.String())
	}
	for n, c := range s.Chapters {
		ends := s.Lasts
		if n+1 < len(s.Chapters) {
			ends = s.Chapters[n+1].At
		}
		if ends > c.At {
			fmt.Fprintf(&b, "\n%d\n%s --> %s\n%s\n", n+1, cueTime(c.At), cueTime(ends), chapterTitle(n))
		}
	}
	return []byte(b.String())
}

func chapterTitle(n int) string { return fmt.Sprintf("Chapter %d", n+1) }

// cueTime writes a time as WebVTT does.
func cueTime(d time.Duration) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, ms%1000)
}

// fileChapters are the chapters of the recording as one file, whose times begin at from.
func (s Summary) fileChapters(from time.Duration) (all []pack.Chapter) {
	if len(s.Chapters) < 2 {
		return nil
	}
	for n, c := range s.Chapters {
		all = append(all, pack.Chapter{At: from + c.At, Title: chapterTitle(n)})
	}
	return all
}

package record

import (
	"fmt"
	"hash/crc32"
	"time"

	"shoal/server/pack"
	"shoal/server/pack/subtitle"
)

// fileTexts returns the subtitles of a recording that is whole, in times from its beginning, and where that is on the media's clock.
func (r *Recording) fileTexts() (all []Attached, begins time.Duration, err error) {
	for _, language := range r.Languages() {
		cues, err := r.cues(language)
		if err != nil {
			return nil, 0, err
		}
		all = append(all, Attached{language, cues})
	}
	return all, r.begins(), nil
}

// fileTracks puts subtitles into a file's times, which are so much later than their own.
func fileTracks(all []Attached, later time.Duration) (tracks []pack.FileTrack) {
	for _, a := range all {
		cues := make([]subtitle.Cue, 0, len(a.Cues))
		for _, c := range a.Cues {
			c.Start, c.End = max(0, c.Start+later), c.End+later
			if c.Start < c.End {
				cues = append(cues, c)
			}
		}
		if texts := pack.FileTexts(cues); len(texts) > 0 {
			tracks = append(tracks, pack.FileTrack{Language: a.Language, Texts: texts})
		}
	}
	return tracks
}

// TextMark tells one state of the subtitles from another; "" if there are none.
func (r *Recording) TextMark() (mark string) {
	for _, language := range r.Languages() {
		if b, err := r.WholeText(language); err == nil {
			mark += fmt.Sprintf("%s-%08x", language, crc32.ChecksumIEEE(b))
		}
	}
	return mark
}

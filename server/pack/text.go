package pack

import (
	"fmt"
	"strings"

	"shoal/segment"
	"shoal/server/ingest"
)

const (
	// textGroup is the name that ties subtitles to the pictures.
	textGroup = "text"
	// SubtitlesMax bounds the languages of subtitles of one broadcast or recording.
	SubtitlesMax = 8
)

// TextURI, TextPartURI and TextSegmentURI are the addresses of subtitles: a playlist, and what it names, relative to it.
func TextURI(language string) string { return "text." + language + ".m3u8" }

// TextPartURI names the subtitles of a part.
func TextPartURI(p segment.Part, language string) string {
	return fmt.Sprintf("%d/text/%s/p%d.vtt", p.Epoch, language, p.Seq)
}

// TextSegmentURI names those of a segment.
func TextSegmentURI(epoch uint64, language string, msn uint64) string {
	return fmt.Sprintf("%d/text/%s/s%d.vtt", epoch, language, msn)
}

// TextPlaylist writes the playlist of subtitles in a language: a track's segments and parts, under addresses of their own.
func TextPlaylist(windows []Window, track segment.Track, language string, options Options) []byte {
	return mediaPlaylist(windows, track, language, options)
}

// RecordingTextPlaylist is RecordingPlaylist of subtitles, whose segments are those of a track.
func RecordingTextPlaylist(windows []Window, track segment.Track, language string, growing bool) []byte {
	return recordingPlaylist(windows, track, language, growing)
}

// subtitles writes the group of subtitles, if there is one.
func subtitles(b *strings.Builder, languages []string) {
	for _, language := range languages {
		fmt.Fprintf(b, `#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="%s",LANGUAGE="%s",NAME="%s",DEFAULT=NO,AUTOSELECT=YES,URI="%s"`+"\n",
			textGroup, language, ingest.LanguageName(language), TextURI(language))
	}
}

package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"shoal/id"
	"shoal/server/ingest"
	"shoal/server/pack"
	"shoal/server/pack/subtitle"
)

// Subtitles stand beside a recording's spools, a file of WebVTT for each language: its times count from the recording's beginning, as
// it is played.
const (
	textPrefix = "text."
	textSuffix = ".vtt"
	// textTrack is the track that they go along with.
	textTrack = 0
)

// ErrTexts says that a recording has subtitles in as many languages as it may.
var ErrTexts = fmt.Errorf("a recording has subtitles in at most %d languages", pack.SubtitlesMax)

// Attach puts subtitles in a language beside a recording below dir that is whole, in place of those that are there; none takes them
// away. It may run beside a shelf, which notices. It returns ErrNotFound or ErrTexts.
func Attach(dir string, channel id.Channel, epoch uint64, language string, cues []subtitle.Cue) error {
	at := filepath.Join(dir, Key{Channel: channel, Epoch: epoch}.dir())
	if _, err := os.Stat(filepath.Join(at, sealedFile)); err != nil {
		return gone(err)
	}
	path := filepath.Join(at, textPrefix+language+textSuffix)
	if len(cues) == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	if there := textsIn(at); len(there) >= pack.SubtitlesMax && !slices.Contains(there, language) {
		return ErrTexts
	}
	b := subtitle.File(cues)
	if len(b) > subtitle.FileMax { // times are written longer than they may have been read
		return fmt.Errorf("it has %d bytes, the most is %d: %w", len(b), subtitle.FileMax, subtitle.ErrForm)
	}
	return writeDurably(path, b)
}

// Attach is the function of this name, for the shelf's directory.
func (s *Shelf) Attach(channel id.Channel, epoch uint64, language string, cues []subtitle.Cue) error {
	return Attach(s.dir, channel, epoch, language, cues)
}

// textsIn returns the languages of the subtitles in a recording's directory, in the order of the alphabet.
func textsIn(dir string) (languages []string) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil // it is being deleted
	}
	for _, f := range list {
		text, begins := strings.CutPrefix(f.Name(), textPrefix)
		text, ends := strings.CutSuffix(text, textSuffix)
		if begins && ends && text != "" && ingest.Language(text) == text && len(languages) < pack.SubtitlesMax {
			languages = append(languages, text)
		}
	}
	return languages
}

// TextMedia returns the playlist of the subtitles in a language.
func (r *Recording) TextMedia(language string) ([]byte, error) {
	if !slices.Contains(textsIn(r.dir), language) {
		return nil, ErrNotFound
	}
	return r.playlist(textPrefix+language, func(windows []pack.Window) []byte {
		return pack.RecordingTextPlaylist(windows, textTrack, language, !r.sealed)
	})
}

// Text returns the subtitles of a segment, as WebVTT.
func (r *Recording) Text(language string, msn uint64) ([]byte, error) {
	parts, err := r.segment(textTrack, msn)
	if err != nil {
		return nil, err
	}
	if ingest.Language(language) != language || language == "" {
		return nil, ErrNotFound
	}
	cues, err := r.cues(language)
	if err != nil {
		return nil, err
	}
	last := parts[len(parts)-1]
	from, to := time.Duration(parts[0].startUS)*time.Microsecond, time.Duration(last.startUS+int64(last.lasts))*time.Microsecond
	begins := r.begins()
	var shown []subtitle.Cue
	for _, c := range cues {
		c.Start, c.End = c.Start+begins, c.End+begins
		if c.Start < to && c.End > from {
			shown = append(shown, c)
		}
	}
	return subtitle.Segment(shown, from, to), nil
}

// spoken is the subtitles that were read last: players ask for one segment after the other.
type spoken struct {
	language string
	written  time.Time
	cues     []subtitle.Cue
}

// cues reads the subtitles in a language, unless they are those that were read last.
func (r *Recording) cues(language string) ([]subtitle.Cue, error) {
	path := filepath.Join(r.dir, textPrefix+language+textSuffix)
	info, err := os.Stat(path)
	if err != nil {
		return nil, gone(err)
	}
	r.mu.Lock()
	last := r.spoken
	r.mu.Unlock()
	if last.language == language && last.written.Equal(info.ModTime()) {
		return last.cues, nil
	}
	b, err := readBounded(path, subtitle.FileMax)
	if err != nil {
		return nil, gone(err)
	}
	cues, err := subtitle.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("subtitles of a recording cannot be read: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spoken = spoken{language, info.ModTime(), cues}
	return cues, nil
}

// begins is where on the media's clock the recording does.
func (r *Recording) begins() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if parts := r.index.tracks[textTrack].parts; len(parts) > 0 {
		return time.Duration(parts[0].startUS) * time.Microsecond
	}
	return 0
}

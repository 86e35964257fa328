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

// Attached is the subtitles of a recording in one language.
type Attached struct {
	Language string
	Cues     []subtitle.Cue // at least one
}

// AttachedTo returns the subtitles of a recording below dir that is whole, by language. It may run beside a shelf.
func AttachedTo(dir string, channel id.Channel, epoch uint64) (all []Attached, err error) {
	at := filepath.Join(dir, Key{Channel: channel, Epoch: epoch}.dir())
	if _, err := os.Stat(filepath.Join(at, sealedFile)); err != nil {
		return nil, gone(err)
	}
	for _, language := range textsIn(at) {
		b, err := readBounded(filepath.Join(at, textPrefix+language+textSuffix), subtitle.FileMax)
		if err != nil {
			return nil, gone(err)
		}
		cues, err := subtitle.Parse(b)
		if err != nil {
			return nil, fmt.Errorf("subtitles of a recording cannot be read: %w", err)
		}
		if len(cues) > 0 {
			all = append(all, Attached{language, cues})
		}
	}
	return all, nil
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

// Languages returns those of the recording's subtitles.
func (r *Recording) Languages() (all []string) {
	r.mu.Lock()
	if !r.sealed {
		for _, x := range r.said {
			all = append(all, x.language)
		}
		slices.Sort(all)
		r.mu.Unlock()
		return all
	}
	r.mu.Unlock()
	return textsIn(r.dir)
}

// WholeText returns all subtitles in a language as a file of WebVTT, whose times count from the recording's beginning.
func (r *Recording) WholeText(language string) ([]byte, error) {
	if ingest.Language(language) != language || language == "" {
		return nil, ErrNotFound
	}
	cues, err := r.cues(language)
	if err != nil {
		return nil, err
	}
	return subtitle.File(cues), nil
}

// TextMedia returns the playlist of the subtitles in a language.
func (r *Recording) TextMedia(language string) ([]byte, error) {
	if !slices.Contains(r.Languages(), language) {
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
	file     os.FileInfo
	cues     []subtitle.Cue
}

// still reports whether a file is the one that was read. Its time does not tell: what is written within some milliseconds has the same.
func (s spoken) still(file os.FileInfo) bool {
	return s.file != nil && os.SameFile(s.file, file) && s.file.ModTime().Equal(file.ModTime())
}

// cues returns the subtitles in a language: of what grows as they were said, else from the file, unless it was read last.
func (r *Recording) cues(language string) ([]subtitle.Cue, error) {
	r.mu.Lock()
	if !r.sealed && r.has(language) {
		defer r.mu.Unlock()
		return r.spokenCues(language), nil
	}
	r.mu.Unlock()
	path := filepath.Join(r.dir, textPrefix+language+textSuffix)
	info, err := os.Stat(path)
	if err != nil {
		return nil, gone(err)
	}
	r.mu.Lock()
	last := r.spoken
	r.mu.Unlock()
	if last.language == language && last.still(info) {
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
	r.spoken = spoken{language, info, cues}
	return cues, nil
}

// has reports whether anything was said live in a language. The caller holds mu.
func (r *Recording) has(language string) bool {
	return slices.ContainsFunc(r.said, func(x said) bool { return x.language == language })
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

package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"shoal/id"
	"shoal/segment"
	"shoal/server/ingest"
	"shoal/server/pack"
)

// The kinds of error, for errors.Is.
var (
	ErrNotFound = errors.New("not recorded, or no longer kept")
	ErrFull     = errors.New("the disk is full")
	ErrRange    = errors.New("not a range of the recording")
	ErrMany     = errors.New("as many clips as are kept")
	// ErrGrowing says that a broadcast still runs: its recording is not whole before the end.
	ErrGrowing = errors.New("the broadcast still runs")
	// ErrLost says that bytes of a recording that its index names are no longer in its directory.
	ErrLost = errors.New("a spool of the recording is gone or cut off")
)

// Key names a recording: the broadcast of a channel, or a clip of one.
type Key struct {
	Channel id.Channel
	Epoch   uint64
	Clip    string // "" for a recording
}

// dir is where it rests, below the shelf's directory.
func (k Key) dir() string {
	if k.Clip != "" {
		return filepath.Join(k.Channel.String(), clipPrefix+k.Clip)
	}
	return filepath.Join(k.Channel.String(), fmt.Sprint(k.Epoch))
}

func spoolName(n uint32) string { return fmt.Sprintf("%06d%s", n, spoolSuffix) }

const (
	spoolSuffix = ".spool"
	clipPrefix  = "clip-"
)

// Recording is what is kept of one broadcast, or a clip. Its methods may be called at once.
type Recording struct {
	// set once
	Key    Key
	dir    string
	rewind time.Duration // how far back what still grows may be played; 0 means not at all
	dated  time.Time     // when what was uploaded came; zero: its parts tell when it was live

	mu       sync.Mutex // guards the rest
	index    index
	sealed   bool
	summary  Summary
	tracks   []ingest.Track
	rendered map[string][]byte // playlists since the last change
	spoken   spoken
	said     []said // while it grows
}

func newRecording(key Key, dir string) *Recording {
	return &Recording{Key: key, dir: dir, rendered: make(map[string][]byte)}
}

// Name returns the channel's name, when it was recorded.
func (r *Recording) Name() id.Name {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.summary.Name
}

// Growing reports whether the broadcast goes on.
func (r *Recording) Growing() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.sealed
}

// Summary returns what is told of the recording.
func (r *Recording) Summary() Summary {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sum()
}

// sum is Summary for who holds mu.
func (r *Recording) sum() Summary {
	if r.sealed {
		return r.summary
	}
	s := r.summary
	s.Started, s.Ended, s.Lasts = r.index.span()
	s.Bytes, s.Chapters, s.Growing = r.index.bytes, r.index.chapters(), true
	return s
}

// since is from when on what grows may be played.
func (r *Recording) since() time.Time {
	if r.sealed {
		return time.Time{}
	}
	_, end, _ := r.index.span()
	return end.Add(-r.rewind)
}

// Master returns the multivariant playlist. Of what grows it tells the rewind window; ErrNotFound if there is none.
func (r *Recording) Master() ([]byte, error) {
	texts := r.Languages()
	return r.playlist("master "+strings.Join(texts, " "), func(windows []pack.Window) []byte {
		tracks := r.describe()
		if len(tracks) < len(windows) {
			windows = windows[:len(tracks)]
		}
		replaced(tracks, windows)
		captions := r.summary.Captions
		captions.Over = captions.Over && r.sealed
		return pack.MasterPlaylist(tracks, windows, captions, texts)
	})
}

// Media returns the playlist of a track.
func (r *Recording) Media(track segment.Track) ([]byte, error) {
	return r.playlist(fmt.Sprint(track), func(windows []pack.Window) []byte {
		return pack.RecordingPlaylist(windows, track, !r.sealed)
	})
}

func (r *Recording) playlist(name string, write func([]pack.Window) []byte) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.sealed && (r.rewind == 0 || r.summary.Declared == 0) {
		return nil, ErrNotFound
	}
	if text := r.rendered[name]; text != nil {
		return text, nil
	}
	windows := r.index.windows(r.Key.Epoch, r.since(), r.sealed)
	for i := range windows {
		windows[i].SegmentTarget = r.summary.Declared
	}
	text := write(windows)
	if text == nil {
		return nil, ErrNotFound
	}
	r.rendered[name] = text
	return text, nil
}

// describe reads the tracks' codecs from their newest init segments. The caller holds mu.
func (r *Recording) describe() []ingest.Track {
	var tracks []ingest.Track
	for n := range r.index.tracks {
		parts := r.index.tracks[n].parts
		if len(parts) == 0 {
			tracks = append(tracks, ingest.Track{Kind: segment.Audio})
			continue
		}
		t, err := pack.ReadTrack(r.index.inits[parts[len(parts)-1].init].data)
		if err != nil {
			t = ingest.Track{Kind: segment.Audio} // it is named without a codec
		}
		tracks = append(tracks, t)
	}
	return tracks
}

// Init returns the init segment whose SHA-256 begins with these hexadecimal digits.
func (r *Recording) Init(digits string) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, i := range r.index.inits {
		if len(digits) == initDigits && strings.HasPrefix(i.sum.String(), digits) {
			return i.data, nil
		}
	}
	return nil, ErrNotFound
}

// initDigits is how many digits name an init segment in an address (origin.InitDigits).
const initDigits = 32

// Certificates returns the certificates of the session keys, one after the other.
func (r *Recording) Certificates() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []byte
	for _, c := range r.index.certificates {
		all = append(all, c...)
	}
	return all
}

// Part returns a part's bytes.
func (r *Recording) Part(track segment.Track, seq uint64) (*Content, error) {
	p, err := r.find(track, seq)
	if err != nil {
		return nil, err
	}
	return r.content(track, p), nil
}

// Segment returns the bytes of a segment that is there whole.
func (r *Recording) Segment(track segment.Track, msn uint64) (*Content, error) {
	parts, err := r.segment(track, msn)
	if err != nil {
		return nil, err
	}
	return r.content(track, parts...), nil
}

// Record returns a part's signed record, or behind the last part the track's end record.
func (r *Recording) Record(track segment.Track, seq uint64) ([]byte, error) {
	r.mu.Lock()
	t := &r.index.tracks[track]
	if n := len(t.parts); t.end != nil && n > 0 && seq == t.parts[n-1].seq+1 {
		defer r.mu.Unlock()
		return t.end, nil
	}
	r.mu.Unlock()
	p, err := r.find(track, seq)
	if err != nil {
		return nil, err
	}
	return r.records([]place{p})
}

// Records returns the signed records of a segment's parts, one after the other.
func (r *Recording) Records(track segment.Track, msn uint64) ([]byte, error) {
	parts, err := r.segment(track, msn)
	if err != nil {
		return nil, err
	}
	return r.records(parts)
}

func (r *Recording) find(track segment.Track, seq uint64) (place, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, ok := r.index.tracks[track].find(seq)
	if !ok || p.wallMS < r.since().UnixMilli() {
		return place{}, ErrNotFound
	}
	return p, nil
}

func (r *Recording) segment(track segment.Track, msn uint64) ([]place, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := &r.index.tracks[track]
	parts := t.segment(msn)
	if len(parts) == 0 || !r.sealed && (t.parts[len(t.parts)-1].msn == msn || parts[0].wallMS < r.since().UnixMilli()-graceMS) {
		return nil, ErrNotFound
	}
	return append([]place(nil), parts...), nil
}

// graceMS is how long a segment can be fetched after the rewind window has left it behind.
const graceMS = 30_000

func (r *Recording) records(parts []place) ([]byte, error) {
	var all []byte
	for _, p := range parts {
		f, err := os.Open(filepath.Join(r.dir, spoolName(p.spool)))
		if err != nil {
			return nil, gone(err)
		}
		b := make([]byte, p.record)
		_, err = f.ReadAt(b, p.at)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
		all = append(all, b...)
	}
	return all, nil
}

// gone turns the system's word for a spool that was deleted into ours.
func gone(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return err
}

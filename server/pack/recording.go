package pack

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4/seekablebuffer"

	"shoal/id"
	"shoal/segment"
	"shoal/server/ingest"
)

// recordingVersion is what EXT-X-MAP and EXT-X-GAP need.
const recordingVersion = 8

// RecordingPlaylist writes the playlist (RFC 8216) of a track of a recording, with addresses relative to the recording's own
// directory. windows are all tracks, by number. growing says that the broadcast goes on: what is open is left out, and the
// playlist slides. A recording that does not grow is EXT-X-PLAYLIST-TYPE:VOD. Where the publisher came back stands
// EXT-X-DISCONTINUITY; segments of which a part is missing are named as gaps. It returns nil while there is nothing to name.
func RecordingPlaylist(windows []Window, track segment.Track, growing bool) []byte {
	return recordingPlaylist(windows, track, "", growing)
}

func recordingPlaylist(windows []Window, track segment.Track, text string, growing bool) []byte {
	if int(track) >= len(windows) {
		return nil
	}
	w := &windows[track]
	segments := wholeFrom(w.segments())
	if growing && len(segments) > 0 && !segments[len(segments)-1].done {
		segments = segments[:len(segments)-1]
	}
	if len(segments) == 0 {
		return nil
	}
	m := recordingWriter{window: w, text: text}
	m.line("#EXTM3U")
	m.line("#EXT-X-VERSION:%d", recordingVersion)
	m.line("#EXT-X-TARGETDURATION:%d", TargetDuration(windows))
	if !growing {
		m.line("#EXT-X-PLAYLIST-TYPE:VOD")
	}
	m.line("#EXT-X-MEDIA-SEQUENCE:%d", segments[0].msn)
	m.line("#EXT-X-DISCONTINUITY-SEQUENCE:%d", w.Discontinuities)
	for i, s := range segments {
		if i > 0 {
			m.silent(segments[i-1], s)
			if s.entries[0].Discontinuity {
				m.line("#EXT-X-DISCONTINUITY")
			}
		}
		m.segment(s)
	}
	if !growing {
		m.line("#EXT-X-ENDLIST")
	}
	return []byte(m.b.String())
}

// wholeFrom leaves out what stands before the first segment that is there from its first part on.
func wholeFrom(segments []stretch) []stretch {
	for len(segments) > 0 && !segments[0].whole() {
		segments = segments[1:]
	}
	return segments
}

// whole reports whether all parts of the segment are there.
func (s stretch) whole() bool {
	for i, e := range s.entries {
		if e.Index != i || e.Seq != s.entries[0].Seq+uint64(i) {
			return false
		}
	}
	return true
}

type recordingWriter struct {
	b      strings.Builder
	window *Window
	text   string    // as in mediaWriter
	mapped id.Digest // of the EXT-X-MAP in force
}

func (m *recordingWriter) line(format string, args ...any) { fmt.Fprintf(&m.b, format+"\n", args...) }

// silent names the segments that the track does not have: numbers must not skip.
func (m *recordingWriter) silent(before, after stretch) {
	missing := after.msn - before.msn - 1
	if missing == 0 || missing > gapsMax {
		return
	}
	hole := after.entries[0].Wall.Sub(before.entries[0].Wall) - before.duration
	each := min(max(hole/time.Duration(missing), time.Millisecond), DefaultSegmentTarget)
	for msn := before.msn + 1; msn < after.msn; msn++ {
		m.gap(msn, each)
	}
}

// gapsMax bounds the gaps in a row that a playlist names: an hour of segments that were never cut.
const gapsMax = 1800

func (m *recordingWriter) gap(msn uint64, lasts time.Duration) {
	m.line("#EXT-X-GAP")
	m.line("#EXTINF:%s,", seconds(lasts))
	m.line("%s", m.uri(msn))
}

// uri is relative to the recording's own directory.
func (m *recordingWriter) uri(msn uint64) string {
	if m.text != "" {
		return fmt.Sprintf("text/%s/s%d.vtt", m.text, msn)
	}
	return fmt.Sprintf("%d/s%d.m4s", m.window.Track, msn)
}

func (m *recordingWriter) segment(s stretch) {
	if init := s.entries[0].Init; init != m.mapped && m.text == "" {
		m.line(`#EXT-X-MAP:URI="%s"`, InitURI(init))
		m.mapped = init
	}
	m.line("#EXT-X-PROGRAM-DATE-TIME:%s", s.entries[0].Wall.UTC().Format("2006-01-02T15:04:05.000Z"))
	if !s.whole() {
		m.gap(s.msn, s.duration)
		return
	}
	m.line("#EXTINF:%s,", seconds(s.duration))
	m.line("%s", m.uri(s.msn))
}

// JoinInits makes one init segment of those of a picture and a sound, and returns the time scale of each. Their parts can then
// stand in one file.
func JoinInits(inits [][]byte) (joined []byte, scales []uint32, err error) {
	var all fmp4.Init
	var languages []string
	for _, init := range inits {
		t, err := ReadTrack(init)
		if err != nil {
			return nil, nil, err
		}
		all.Tracks = append(all.Tracks, &fmp4.InitTrack{ID: trackID(t.Kind), TimeScale: t.TimeScale, Codec: t.Codec})
		scales = append(scales, t.TimeScale)
		languages = append(languages, t.Language)
	}
	var buf seekablebuffer.Buffer
	if err := all.Marshal(&buf); err != nil {
		return nil, nil, fmt.Errorf("write the init segment: %w", err)
	}
	joined = buf.Bytes()
	for n, language := range languages {
		if err := setLanguage(joined, n, language); err != nil {
			return nil, nil, err
		}
	}
	return joined, scales, nil
}

// ReadTrack reads what an init segment that this package wrote says of its track.
func ReadTrack(init []byte) (t ingest.Track, err error) {
	defer func() {
		if p := recover(); p != nil { // bytes from a disk must not end the program
			t, err = ingest.Track{}, fmt.Errorf("init segment: %v", p)
		}
	}()
	var read fmp4.Init
	if err := read.Unmarshal(bytes.NewReader(init)); err != nil {
		return ingest.Track{}, fmt.Errorf("init segment: %w", err)
	}
	if len(read.Tracks) != 1 || read.Tracks[0].TimeScale == 0 {
		return ingest.Track{}, errors.New("init segment: it is not of one track")
	}
	kind := segment.Video
	if !read.Tracks[0].Codec.IsVideo() {
		kind = segment.Audio
	}
	t = ingest.Track{Kind: kind, Codec: read.Tracks[0].Codec, TimeScale: read.Tracks[0].TimeScale}
	if kind == segment.Audio {
		t.Language = languageOf(init, 0)
	}
	return t, nil
}

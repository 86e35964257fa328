package pack

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"shoal/id"
	"shoal/segment"
)

// Numbers of RFC 8216bis.
const (
	playlistVersion = 9  // EXT-X-SKIP
	holdBackParts   = 3  // PART-HOLD-BACK, in part targets
	holdBack        = 3  // HOLD-BACK, in target durations
	skipUntil       = 6  // CAN-SKIP-UNTIL, in target durations
	partsListed     = 3  // parts are listed for so many target durations
	initNameDigits  = 32 // hexadecimal digits of an init segment's digest in its URI
)

// Options says how a playlist is asked for.
type Options struct {
	Skip bool // _HLS_skip=YES: leave out what the asker has
}

// MediaURI, InitURI, PartURI and SegmentURI are the addresses inside playlists, relative to them.
func MediaURI(t segment.Track) string { return fmt.Sprintf("%d.m3u8", t) }

// InitURI names an init segment.
func InitURI(init id.Digest) string { return "i" + init.String()[:initNameDigits] + ".mp4" }

// PartURI names a part.
func PartURI(p segment.Part) string { return fmt.Sprintf("%d/%d/p%d.m4s", p.Epoch, p.Track, p.Seq) }

// SegmentURI names a segment.
func SegmentURI(epoch uint64, t segment.Track, msn uint64) string {
	return fmt.Sprintf("%d/%d/s%d.m4s", epoch, t, msn)
}

// MediaPlaylist writes the LL-HLS playlist (RFC 8216bis) of a track. windows are all tracks of the epoch, by number. It
// returns nil while the track has no part.
func MediaPlaylist(windows []Window, track segment.Track, options Options) []byte {
	return mediaPlaylist(windows, track, "", options)
}

// mediaPlaylist writes the playlist of a track, or of subtitles in a language that go along with it.
func mediaPlaylist(windows []Window, track segment.Track, text string, options Options) []byte {
	if int(track) >= len(windows) || len(windows[track].Entries) == 0 {
		return nil
	}
	m := mediaWriter{window: &windows[track], text: text, target: TargetDuration(windows), partTarget: partTarget(windows)}
	segments := m.window.segments()
	m.head(segments[0].msn)
	for _, s := range segments {
		m.left += s.duration
	}
	if options.Skip && !m.window.Ended { // RFC 8216bis, 6.2.5.1
		segments = m.skip(segments)
	}
	for i, s := range segments {
		if i > 0 {
			m.gap(segments[i-1], s)
		}
		m.segment(s)
	}
	m.tail(windows)
	return []byte(m.b.String())
}

// TargetDuration is EXT-X-TARGETDURATION in seconds: one for all tracks, and it never shrinks within an epoch.
func TargetDuration(windows []Window) int {
	longest := time.Duration(0)
	for _, w := range windows {
		target := w.SegmentTarget
		if target == 0 {
			target = DefaultSegmentTarget
		}
		longest = max(longest, target, w.Longest)
	}
	return max(1, int(longest.Round(time.Second)/time.Second))
}

// partTarget is the longest part target of all tracks: EXT-X-SERVER-CONTROL must be the same in all playlists (RFC 8216bis, 6.2.4).
func partTarget(windows []Window) time.Duration {
	longest := time.Duration(0)
	for _, w := range windows {
		longest = max(longest, w.PartTarget)
	}
	return longest
}

type mediaWriter struct {
	b          strings.Builder
	window     *Window
	text       string        // the language of subtitles that are written of; "" is the track itself
	target     int           // EXT-X-TARGETDURATION
	partTarget time.Duration // the longest of all tracks
	left       time.Duration // from here to the playlist's end
	mapped     id.Digest     // of the EXT-X-MAP in force
}

func (m *mediaWriter) line(format string, args ...any) { fmt.Fprintf(&m.b, format+"\n", args...) }

func (m *mediaWriter) head(first uint64) {
	m.line("#EXTM3U")
	m.line("#EXT-X-VERSION:%d", playlistVersion)
	m.line("#EXT-X-TARGETDURATION:%d", m.target)
	m.line("#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=%s,HOLD-BACK=%s,CAN-SKIP-UNTIL=%s",
		seconds(holdBackParts*m.partTarget), seconds(m.targets(holdBack)), seconds(m.targets(skipUntil)))
	m.line("#EXT-X-PART-INF:PART-TARGET=%s", seconds(m.window.PartTarget))
	m.line("#EXT-X-MEDIA-SEQUENCE:%d", first)
	m.line("#EXT-X-DISCONTINUITY-SEQUENCE:%d", m.window.Discontinuities)
}

// targets is n target durations.
func (m *mediaWriter) targets(n int) time.Duration {
	return time.Duration(n*m.target) * time.Second
}

// skip leaves out the segments that end before the skip boundary.
func (m *mediaWriter) skip(segments []stretch) []stretch {
	n, count := 0, uint64(0)
	for n+1 < len(segments) && m.left-segments[n].duration >= m.targets(skipUntil) {
		m.left -= segments[n].duration
		count += segments[n+1].msn - segments[n].msn // with the silent ones between them
		n++
	}
	if n > 0 {
		m.line("#EXT-X-SKIP:SKIPPED-SEGMENTS=%d", count)
	}
	return segments[n:]
}

// gap names the segments in which the track was silent: numbers must not skip.
func (m *mediaWriter) gap(before, after stretch) {
	missing := after.msn - before.msn - 1
	if missing == 0 {
		return
	}
	hole := after.entries[0].Wall.Sub(before.entries[0].Wall) - before.duration
	each := min(max(hole/time.Duration(missing), time.Millisecond), m.targets(1))
	for msn := before.msn + 1; msn < after.msn; msn++ {
		m.line("#EXT-X-GAP")
		m.line("#EXTINF:%s,", seconds(each))
		m.line("%s", m.segmentURI(msn))
	}
}

func (m *mediaWriter) segment(s stretch) {
	if s.entries[0].Discontinuity {
		m.line("#EXT-X-DISCONTINUITY")
	}
	if init := s.entries[0].Init; init != m.mapped && m.text == "" {
		m.line(`#EXT-X-MAP:URI="%s"`, InitURI(init))
		m.mapped = init
	}
	m.line("#EXT-X-PROGRAM-DATE-TIME:%s", s.entries[0].Wall.UTC().Format("2006-01-02T15:04:05.000Z"))
	m.left -= s.duration
	if !s.done || m.left <= m.targets(partsListed) {
		for _, e := range s.entries {
			m.part(e)
		}
	}
	if s.done {
		m.line("#EXTINF:%s,", seconds(s.duration))
		m.line("%s", m.segmentURI(s.msn))
	}
}

func (m *mediaWriter) segmentURI(msn uint64) string {
	if m.text != "" {
		return TextSegmentURI(m.window.Epoch, m.text, msn)
	}
	return SegmentURI(m.window.Epoch, m.window.Track, msn)
}

func (m *mediaWriter) partURI(p segment.Part) string {
	if m.text != "" {
		return TextPartURI(p, m.text)
	}
	return PartURI(p)
}

func (m *mediaWriter) part(e Entry) {
	independent := ""
	if e.Independent {
		independent = ",INDEPENDENT=YES"
	}
	part := segment.Part{Epoch: m.window.Epoch, Track: m.window.Track, Seq: e.Seq}
	m.line(`#EXT-X-PART:DURATION=%s,URI="%s"%s`, seconds(e.Duration), m.partURI(part), independent)
}

func (m *mediaWriter) tail(windows []Window) {
	w := m.window
	if w.Ended {
		m.line("#EXT-X-ENDLIST")
		return
	}
	m.line(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="%s"`, m.partURI(segment.Part{Epoch: w.Epoch, Track: w.Track, Seq: w.Next()}))
	for i := range windows {
		other := &windows[i]
		if other.Track == w.Track && m.text == "" || len(other.Entries) == 0 || other.Resting {
			continue
		}
		last := other.Entries[len(other.Entries)-1]
		m.line(`#EXT-X-RENDITION-REPORT:URI="%s",LAST-MSN=%d,LAST-PART=%d`, MediaURI(other.Track), last.MSN, last.Index)
	}
}

// seconds writes a time in seconds with what decimals it needs, down to 10 microseconds: rounding to whole
// milliseconds would add up over a window of parts.
func seconds(d time.Duration) string {
	const step = 10 * time.Microsecond
	return strconv.FormatFloat(float64(d.Round(step)/step)/float64(time.Second/step), 'f', -1, 64)
}

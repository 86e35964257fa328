package pack

import (
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/segment"
	"shoal/server/ingest"
)

var tone = ingest.Track{Kind: segment.Audio, TimeScale: 48000, Codec: &codecs.MPEG4Audio{
	Config: mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelConfig: 2, ChannelCount: 2},
}}

var picture = ingest.Track{Kind: segment.Video, TimeScale: 90000, Codec: &codecs.VP9{Width: 640, Height: 360, BitDepth: 8, ChromaSubsampling: 1}}

func TestInitsReadBackAndJoin(t *testing.T) {
	var inits [][]byte
	for _, want := range []ingest.Track{picture, tone} {
		b, err := marshalInit(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadTrack(b)
		if err != nil || got.Kind != want.Kind || got.TimeScale != want.TimeScale || CodecName(got) != CodecName(want) {
			t.Errorf("%+v reads back as %+v, %v", want, got, err)
		}
		inits = append(inits, b)
	}
	joined, scales, err := JoinInits(inits)
	if err != nil || len(scales) != 2 || scales[0] != 90000 || scales[1] != 48000 || strings.Count(string(joined), "trak") != 2 {
		t.Errorf("%d bytes, scales %v, %v", len(joined), scales, err)
	}
	if _, err := ReadTrack(joined); err == nil {
		t.Error("an init segment of two tracks passes for one")
	}
}

// A recording's playlist names what is missing, where the publisher came back, and nothing that is still open.
func TestRecordingPlaylist(t *testing.T) {
	w := Window{Epoch: 1, Track: 1, Ended: true}
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	add := func(seq, msn uint64, index int, broken bool) {
		w.Entries = append(w.Entries, Entry{Seq: seq, MSN: msn, Index: index, Discontinuity: broken, Duration: time.Second, Wall: at.Add(time.Duration(seq) * time.Second)})
	}
	add(3, 10, 1, false) // what it began with is gone
	add(4, 11, 0, false)
	add(5, 11, 1, false)
	add(6, 12, 0, false) // the next one is missing
	add(8, 12, 2, false)
	add(9, 14, 0, true) // the track was silent in 13
	add(10, 14, 1, false)
	windows := []Window{{}, w}
	want := `#EXTM3U
#EXT-X-VERSION:8
#EXT-X-TARGETDURATION:2
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MEDIA-SEQUENCE:11
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI="i00000000000000000000000000000000.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:04.000Z
#EXTINF:2,
1/s11.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:06.000Z
#EXT-X-GAP
#EXTINF:2,
1/s12.m4s
#EXT-X-GAP
#EXTINF:1,
1/s13.m4s
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:09.000Z
#EXTINF:2,
1/s14.m4s
#EXT-X-ENDLIST
`
	want = strings.Replace(want, `#EXT-X-MAP:URI="i00000000000000000000000000000000.mp4"`+"\n", "", 1) // the zero digest stands for none
	if got := string(RecordingPlaylist(windows, 1, false)); got != want {
		t.Errorf("got\n%s", got)
	}
	windows[1].Ended = false
	if got := string(RecordingPlaylist(windows, 1, true)); strings.Contains(got, "s14") || strings.Contains(got, "ENDLIST") || strings.Contains(got, "VOD") {
		t.Errorf("while it grows:\n%s", got)
	}
}

func FuzzReadTrack(f *testing.F) {
	for _, t := range []ingest.Track{picture, tone} {
		b, err := marshalInit(t)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if track, err := ReadTrack(b); err == nil && (track.TimeScale == 0 || track.Codec == nil) {
			t.Errorf("%x reads as %+v", b, track)
		}
	})
}

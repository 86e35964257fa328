package pack

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/segment"
	"shoal/server/ingest"
	"shoal/server/pack/caption"
	"shoal/server/pack/caption/captiontest"
)

func TestCaptionsAreNoticed(t *testing.T) {
	b := newBench(t, videoTrack(), audioTrack(48000))
	if b.p.Captions().Any() {
		t.Error("captions before anything came")
	}
	for n, p := range captiontest.PopOn(2, "Hi") {
		var data []byte
		for _, u := range [][]byte{captiontest.SEI(false, 0, p, nil), {0x65, 0x88, 0x84}} {
			data = append(binary.BigEndian.AppendUint32(data, uint32(len(u))), u...)
		}
		at := time.Duration(n) * 40 * time.Millisecond
		b.write([]ingest.Sample{{Track: 1, DTS: at, PTS: at, Key: true, Data: data}}) // sound that looks like it
		if n == 0 && b.p.Captions().Any() {
			t.Error("captions in sound")
		}
		b.write([]ingest.Sample{{Track: 0, DTS: at, PTS: at, Key: n == 0, Data: data}})
	}
	if ids := b.p.Captions().IDs(); !slices.Equal(ids, []string{"CC2"}) {
		t.Errorf("captions %v, want CC2", ids)
	}
}

// What is known of captions, and what RFC 8216bis wants said of it: NONE in all variants or in none, and only where it is so.
func TestMasterPlaylistSpeaksOfCaptions(t *testing.T) {
	b := stream(t, 9*time.Second)
	two := []Window{b.windows[0], b.windows[1], b.windows[0]}
	two[2].Track = 2
	vp9 := ingest.Track{Kind: segment.Video, TimeScale: 90000, Codec: &codecs.VP9{Width: 320, Height: 180, Profile: 0, BitDepth: 8}}
	for name, c := range map[string]struct {
		picture  ingest.Track
		alone    bool // no variant of H.264 beside it
		captions Captions
		group    int // variants that name the group
		none     int
		media    []string
	}{
		"while live nothing is known": {picture: videoTrack()},
		"none in all of it":           {picture: videoTrack(), captions: Captions{Over: true}, none: 2},
		"VP9 holds none":              {picture: vp9, alone: true, none: 1},
		"some": {
			picture: videoTrack(), captions: Captions{Seen: caption.Seen{Lines: 0b101, Services: 1 << 2}}, group: 2,
			media: []string{`NAME="Captions",DEFAULT=NO,AUTOSELECT=YES,INSTREAM-ID="CC1"`, `NAME="Captions 3",DEFAULT=NO,AUTOSELECT=NO,INSTREAM-ID="CC3"`,
				`NAME="Captions, service 2",DEFAULT=NO,AUTOSELECT=NO,INSTREAM-ID="SERVICE2"`},
		},
	} {
		tracks := []ingest.Track{c.picture, audioTrack(48000), videoTrack()}
		if c.alone {
			tracks = tracks[:2]
		}
		text := string(MasterPlaylist(tracks, two[:len(tracks)], c.captions, nil))
		if strings.Count(text, `,CLOSED-CAPTIONS="captions"`) != c.group || strings.Count(text, ",CLOSED-CAPTIONS=NONE") != c.none {
			t.Errorf("%s:\n%s", name, text)
		}
		if n := strings.Count(text, "TYPE=CLOSED-CAPTIONS"); n != len(c.media) {
			t.Errorf("%s: %d of %d captions are named:\n%s", name, n, len(c.media), text)
		}
		for _, line := range c.media {
			if !strings.Contains(text, `TYPE=CLOSED-CAPTIONS,GROUP-ID="captions",`+line+"\n") {
				t.Errorf("%s: %s is missing in\n%s", name, line, text)
			}
		}
	}
}

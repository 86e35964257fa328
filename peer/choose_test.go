package peer

import (
	"fmt"
	"testing"

	"shoal/peer/door"
	"shoal/segment"
)

func TestChoosePictureAndSound(t *testing.T) {
	picture := func(n segment.Track, width, height int) door.Track {
		return door.Track{Track: n, Kind: "video", Codec: "avc1", Width: width, Height: height}
	}
	sound := door.Track{Track: 1, Kind: "audio", Codec: "mp4a"}
	ladder := []door.Track{picture(0, 1280, 720), sound, picture(2, 854, 480), picture(3, 426, 240), {Track: 4, Kind: "video"}}
	for _, c := range []struct {
		tracks  []door.Track
		height  int
		want    string
		follows segment.Tracks
	}{
		{ladder[:2], 0, "[0 1]", segment.AllTracks},
		{ladder[:2], 100, "[0 1]", segment.AllTracks},
		{ladder, 0, "[0 1]", 0b11},
		{ladder, 720, "[0 1]", 0b11},
		{ladder, 719, "[2 1]", 0b110},
		{ladder, 240, "[3 1]", 0b1010},
		{ladder, 10, "[3 1]", 0b1010},
		{[]door.Track{picture(0, 720, 1280), picture(1, 480, 854)}, 500, "[1]", 0b10},
		{[]door.Track{sound}, 0, "[1]", segment.AllTracks},
		{[]door.Track{picture(0, 0, 0), sound, {Track: 2, Kind: "video"}}, 0, "[0 1]", 0b11},
	} {
		if got, follows := choose(c.tracks, c.height); fmt.Sprint(got) != c.want || follows != c.follows {
			t.Errorf("%v within %d lines: %v, following %b; want %s, %b", c.tracks, c.height, got, follows, c.want, c.follows)
		}
	}
}

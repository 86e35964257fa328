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
	rests := func(t door.Track) door.Track {
		t.Resting = true
		return t
	}
	ladder := []door.Track{picture(0, 1280, 720), sound, picture(2, 854, 480), picture(3, 426, 240), {Track: 4, Kind: "video"}}
	for _, c := range []struct {
		tracks  []door.Track
		height  int
		want    string
		follows segment.Tracks
		waits   bool
	}{
		{ladder[:2], 0, "[0 1]", segment.AllTracks, false},
		{ladder[:2], 100, "[0 1]", segment.AllTracks, false},
		{ladder, 0, "[0 1]", 0b11, false},
		{ladder, 720, "[0 1]", 0b11, false},
		{ladder, 719, "[2 1]", 0b110, false},
		{ladder, 240, "[3 1]", 0b1010, false},
		{ladder, 10, "[3 1]", 0b1010, true},
		{[]door.Track{picture(0, 720, 1280), picture(1, 480, 854)}, 500, "[1]", 0b10, false},
		{[]door.Track{ladder[0], sound, picture(2, 854, 480), rests(ladder[3])}, 240, "[2 1]", 0b110, true},
		{[]door.Track{ladder[0], sound, rests(ladder[2]), ladder[3]}, 480, "[3 1]", 0b1010, true},
		{[]door.Track{ladder[0], sound, rests(ladder[2]), rests(ladder[3])}, 240, "[0 1]", 0b11, true},
		{[]door.Track{rests(ladder[0]), sound}, 0, "[0 1]", segment.AllTracks, false},
		{[]door.Track{ladder[0], sound, rests(ladder[4])}, 240, "[0 1]", 0b11, false},
		{[]door.Track{ladder[0], sound, ladder[4]}, 240, "[0 1]", 0b11, true},
		{[]door.Track{sound}, 0, "[1]", segment.AllTracks, false},
		{[]door.Track{picture(0, 0, 0), sound, {Track: 2, Kind: "video"}}, 0, "[0 1]", 0b11, false},
	} {
		if got := choose(c.tracks, c.height); fmt.Sprint(got.tracks) != c.want || got.follows != c.follows || got.waits != c.waits {
			t.Errorf("%v within %d lines: %+v; want %s, %b, %v", c.tracks, c.height, got, c.want, c.follows, c.waits)
		}
	}
}

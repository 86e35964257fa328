package pack

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"shoal/server/ingest"
)

var update = flag.Bool("update", false, "rewrite the playlists that web/player is held to")

// listed is a part as its signed record tells it, and the playlists of its track once it is out: all of it every so often.
type listed struct {
	Track         int    `json:"track"`
	Seq           uint64 `json:"seq"`
	MSN           uint64 `json:"msn"`
	Index         int    `json:"index"`
	DurationUs    int64  `json:"durationUs"`
	WallMs        int64  `json:"wallMs"`
	Init          string `json:"init"`
	Independent   bool   `json:"independent"`
	Discontinuity bool   `json:"discontinuity"`
	Last          bool   `json:"last"`
	Full          string `json:"full,omitempty"`
	Skip          string `json:"skip,omitempty"`
}

// TestPlaylistsForPlayers writes down playlists with the records that lead from one to the next. A page that has both makes
// its own (web/player/listingtext.ts), and these are what it must write, byte for byte.
func TestPlaylistsForPlayers(t *testing.T) {
	b := stream(t, 30*time.Second)
	if err := b.p.Discontinuity([]ingest.Track{videoTrack(), audioTrack(44100)}, testWall().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	sound := append(audio(1, 0, 6*time.Second, 44100, true), audio(1, 14*time.Second, 6*time.Second, 44100, true)...)
	b.write(merge(video(0, 0, 20*time.Second, 30, 60, 2, true), sound))
	type out struct {
		part Part
		seq  uint64
	}
	var parts []out
	for _, of := range b.parts {
		for seq, p := range of {
			parts = append(parts, out{p, uint64(seq)})
		}
	}
	slices.SortStableFunc(parts, func(a, b out) int {
		return cmp.Compare(a.part.Wall.Add(a.part.Duration).UnixNano(), b.part.Wall.Add(b.part.Duration).UnixNano())
	})
	windows := []Window{{Epoch: 7, Track: 0}, {Epoch: 7, Track: 1}}
	var steps []listed
	for i, o := range parts {
		p, w := o.part, &windows[o.part.Track]
		init := sha256.Sum256(p.Init)
		w.Add(p, o.seq, init)
		w.Slide(24 * time.Second)
		step := listed{
			Track: int(p.Track), Seq: o.seq, MSN: p.MSN, Index: p.Index, DurationUs: p.Duration.Microseconds(), WallMs: p.Wall.UnixMilli(),
			Init: InitURI(init)[1 : 1+initNameDigits], Independent: p.Independent, Discontinuity: p.Discontinuity, Last: p.Last,
		}
		if i > 30 && i%9 < 2 {
			step.Full = string(MediaPlaylist(windows, p.Track, Options{}))
			step.Skip = string(MediaPlaylist(windows, p.Track, Options{Skip: true}))
		}
		steps = append(steps, step)
	}
	text, err := json.MarshalIndent(steps, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "playlists.json")
	if *update {
		if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != string(text)+"\n" {
		t.Errorf("%v: playlists come out differently; if that is right, go test ./server/pack -update, and look at web/player/listingtext.ts", err)
	}
}

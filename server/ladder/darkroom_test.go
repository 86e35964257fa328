package ladder

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"log/slog"
	"os/exec"
	"strings"
	"testing"
	"time"

	"shoal/server/ingest"
)

// reeled is what a worker writes, kept.
type reeled struct {
	track ingest.Track
	keys  [][]byte
}

func (r *reeled) begins(t ingest.Track) { r.track = t }
func (r *reeled) makes(m made)          { r.keys = append(r.keys, m.data) }

// colours has the real ffmpeg draw a key frame of each colour.
func colours(t *testing.T, names ...string) *reeled {
	t.Helper()
	var graph, all strings.Builder
	for i, name := range names {
		graph.WriteString("color=" + name + ":s=320x180:r=1:d=1[c" + string(rune('a'+i)) + "];")
		all.WriteString("[c" + string(rune('a'+i)) + "]")
	}
	graph.WriteString(all.String() + "concat=n=" + string(rune('0'+len(names))) + "[v]")
	args := strings.Fields("-hide_banner -loglevel error -filter_complex " + graph.String() + " -map [v] -c:v libx264 -g 1 -pix_fmt yuv420p -video_track_timescale 90000" +
		" -movflags +cmaf+frag_every_frame+empty_moov+default_base_moof+skip_trailer -f mp4 pipe:1")
	out, err := exec.Command("ffmpeg", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	r := &reeled{}
	if err := read(bytes.NewReader(out), r); err != nil || len(r.keys) != len(names) {
		t.Fatalf("%d key frames of %d: %v", len(r.keys), len(names), err)
	}
	return r
}

func darkroom(t *testing.T) *Darkroom {
	t.Helper()
	d := OpenDarkroom(t.Context(), "", slog.New(slog.DiscardHandler))
	if !d.Able() {
		t.Fatal("no stills can be made here: make deps-test installs ffmpeg")
	}
	return d
}

// near reports whether the middle of a picture has a colour.
func near(p *image.YCbCr, want color.RGBA) bool {
	r, g, b, _ := p.At(p.Rect.Dx()/2, p.Rect.Dy()/2).RGBA()
	off := func(a uint32, b uint8) bool { d := int(a>>8) - int(b); return d > 12 || d < -12 }
	return !off(r, want.R) && !off(g, want.G) && !off(b, want.B)
}

var (
	red  = color.RGBA{R: 255}
	lime = color.RGBA{G: 255}
	blue = color.RGBA{B: 255}
)

func TestDarkroomDevelopsEachKeyFrame(t *testing.T) {
	d, film := darkroom(t), colours(t, "red", "lime", "blue")
	all, took, err := d.Develop(t.Context(), film.track, film.keys, 160, 90)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []color.RGBA{red, lime, blue} {
		if all[i] == nil || all[i].Rect != image.Rect(0, 0, 160, 90) || !near(all[i], want) {
			t.Errorf("picture %d is not %v", i, want)
		}
	}
	if took <= 0 {
		t.Error("it does not tell what it cost")
	}
}

func TestDarkroomLeavesOutWhatIsBroken(t *testing.T) {
	d, film := darkroom(t), colours(t, "red", "lime", "blue")
	film.keys[1] = bytes.Repeat([]byte{0, 0, 0, 4, 0x1f, 0xff, 0xff, 0xff}, 9)
	all, _, err := d.Develop(t.Context(), film.track, film.keys, 160, 90)
	if err != nil {
		t.Fatal(err)
	}
	if all[0] == nil || !near(all[0], red) || all[1] != nil || all[2] == nil || !near(all[2], blue) {
		t.Errorf("of red, a broken one and blue came %v, %v and %v", all[0] != nil, all[1] != nil, all[2] != nil)
	}
}

func TestDarkroomRefusesTooMuch(t *testing.T) {
	d, film := darkroom(t), colours(t, "red")
	if _, _, err := d.Develop(t.Context(), film.track, make([][]byte, StillsMax+1), 160, 90); err == nil {
		t.Error("too many were taken")
	}
	for _, size := range [][2]int{{0, 90}, {161, 90}, {2000, 90}} {
		if _, _, err := d.Develop(t.Context(), film.track, film.keys, size[0], size[1]); err == nil {
			t.Errorf("%v was taken", size)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := d.Develop(ended, film.track, film.keys, 160, 90); !errors.Is(err, context.Canceled) {
		t.Errorf("it did not stop when it was told to: %v", err)
	}
}

// The largest picture that publishers send is decoded within what a worker of a darkroom may take.
func TestDarkroomTakesLargePictures(t *testing.T) {
	out, err := exec.Command("ffmpeg", strings.Fields("-hide_banner -loglevel error -f lavfi -i testsrc2=s=3840x2160:r=1:d=1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p"+
		" -video_track_timescale 90000 -movflags +cmaf+frag_every_frame+empty_moov+default_base_moof+skip_trailer -f mp4 pipe:1")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	film := &reeled{}
	if err := read(bytes.NewReader(out), film); err != nil {
		t.Fatal(err)
	}
	all, _, err := darkroom(t).Develop(t.Context(), film.track, film.keys, 640, 360)
	if err != nil || all[0] == nil {
		t.Fatalf("no picture: %v", err)
	}
}

func TestWithoutFFmpegDarkroomIsUnable(t *testing.T) {
	d := OpenDarkroom(t.Context(), "/nowhere/ffmpeg", slog.New(slog.DiscardHandler))
	if _, _, err := d.Develop(t.Context(), ingest.Track{}, nil, 160, 90); d.Able() || !errors.Is(err, ErrUnable) {
		t.Errorf("it says %v", err)
	}
}

func TestHungWorkersOfDarkroomsEnd(t *testing.T) {
	d, film := darkroom(t), colours(t, "red")
	soon, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	d.tool = "/bin/cat" // reads and writes, and is no ffmpeg
	if _, _, err := d.Develop(soon, film.track, film.keys, 160, 90); err == nil {
		t.Error("what is no picture was taken for one")
	}
}

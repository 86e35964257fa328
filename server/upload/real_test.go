package upload

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"shoal/segment"
	"shoal/server/pack"
)

// What people send, through the real programs in the real cage: which of it is copied, and that all of it comes out as long as it
// went in, in parts as a broadcast has them.
func TestWhatPeopleSend(t *testing.T) {
	t.Parallel()
	needFFmpeg(t)
	h264 := []string{"-c:v", "libx264", "-preset", "ultrafast", "-g", "50"}
	aac := []string{"-c:a", "aac"}
	args := func(all ...[]string) []string {
		joined := film("2", "320x180")
		for _, more := range all {
			joined = append(joined, more...)
		}
		return joined
	}
	titles := filepath.Join(t.TempDir(), "t.srt")
	if err := os.WriteFile(titles, []byte("1\n00:00:00,000 --> 00:00:01,000\nHello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		args   []string
		copied bool // the picture
		codec  string
		size   string
	}{
		{"plain.mp4", args(h264, aac), true, "avc1", "320x180"},
		{"faststart.mp4", args(h264, aac, []string{"-movflags", "faststart"}), true, "avc1", "320x180"},
		{"fragmented.mp4", args(h264, aac, []string{"-movflags", "frag_keyframe+empty_moov"}), true, "avc1", "320x180"},
		{"bframes.mov", args([]string{"-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-g", "50"}, aac), true, "avc1", "320x180"},
		{"obs.mkv", args(h264, aac), true, "avc1", "320x180"},
		{"obs.flv", args(h264, aac, []string{"-ar", "44100"}), true, "avc1", "320x180"},
		{"tv.ts", args(h264, aac), true, "avc1", "320x180"},
		{"web.webm", args([]string{"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "50", "-c:a", "libopus"}), true, "vp09", "320x180"},
		{"old.webm", args([]string{"-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libvorbis"}), false, "avc1", "320x180"},
		{"phone.mov", args([]string{"-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"}, aac), false, "avc1", "320x180"},
		{"camera.mp4", args([]string{"-c:v", "mpeg4"}, []string{"-c:a", "mp3"}), false, "avc1", "320x180"},
		{"deep.mp4", args(h264, []string{"-pix_fmt", "yuv444p"}, aac), false, "avc1", "320x180"},
		{"titled.mkv", append([]string{"-i", titles}, args(h264, aac, []string{"-map", "1", "-map", "2", "-map", "0", "-c:s", "srt"})...), true, "avc1", "320x180"},
		{"silent.mp4", append(args(h264), "-an"), true, "avc1", "320x180"},
		{"large.mkv", append(film("1", "2560x1440"), "-c:v", "mpeg4", "-q:v", "10", "-c:a", "aac"), false, "avc1", "1920x1080"},
	} {
		t.Run(c.name, func(t *testing.T) {
			press := newShelf()
			tools := &caged{}
			r := worked(t, newInbox(t, tools, press), c.name, ffmpeg(t, c.name, c.args...))
			if r.State != Ready || press.open != 0 {
				t.Fatalf("%+v, %d sheets open", r, press.open)
			}
			m := press.sealed[r.Epoch]
			if tools.copied != c.copied || r.Epoch != 1 {
				t.Errorf("copied: %v, in attempt %d", tools.copied, r.Epoch)
			}
			lasted := 2.0
			if c.name == "large.mkv" {
				lasted = 1
			}
			for n, track := range m.order.Tracks {
				if l := lasts(m.parts, n).Seconds(); math.Abs(l-lasted) > 0.15 {
					t.Errorf("track %d lasts %.3f s of %.0f", n, l, lasted)
				}
				if name := pack.CodecName(track); n == 0 && name[:4] != c.codec {
					t.Errorf("the picture is %s", name)
				}
			}
			w, h, _ := pack.Picture(m.order.Tracks[0])
			if size := fmt.Sprintf("%dx%d", w, h); size != c.size {
				t.Errorf("the picture is %s, want %s", size, c.size)
			}
			regular(t, m)
		})
	}
}

// regular holds parts to the form of a broadcast's: about half a second, numbered without gaps, segments that begin with a key frame.
func regular(t *testing.T, m *made) {
	t.Helper()
	msn := make(map[segment.Track]uint64)
	for _, p := range m.parts {
		if p.Duration > 600*time.Millisecond {
			t.Errorf("a part of track %d lasts %v", p.Track, p.Duration)
		}
		before, known := msn[p.Track]
		if p.Index == 0 && !p.Independent || known && p.MSN > before+1 || !known && p.MSN != m.order.Epoch<<msnBits {
			t.Errorf("track %d: segment %d, part %d, independent %v, after segment %d", p.Track, p.MSN, p.Index, p.Independent, before)
		}
		msn[p.Track] = p.MSN
	}
}

// What is copied first and then turns out not to fit is encoded anew, and the first try leaves nothing.
func TestWhatCannotBeCopiedIsEncodedAnew(t *testing.T) {
	t.Parallel()
	needFFmpeg(t)
	x264 := []string{"-c:v", "libx264", "-preset", "ultrafast", "-sc_threshold", "0", "-c:a", "aac"}
	for name, args := range map[string][]string{
		"one key frame.mp4": append(film("14", "160x90"), append(x264, "-g", "1000")...),
		"a pause.mp4":       append([]string{"-f", "lavfi", "-i", "testsrc2=rate=25:size=160x90:duration=16", "-vf", "select=lt(t\\,2)+gt(t\\,14)", "-fps_mode", "vfr", "-g", "25"}, x264...),
	} {
		press := newShelf()
		r := worked(t, newInbox(t, &caged{}, press), name, ffmpeg(t, name, args...))
		if r.State != Ready || r.Epoch != 2 || press.open != 0 || len(press.sealed) != 1 {
			t.Errorf("%s: %+v, %d sheets open, %d sealed", name, r, press.open, len(press.sealed))
			continue
		}
		m := press.sealed[2]
		regular(t, m)
		if l := lasts(m.parts, 0).Seconds(); l < 13 || l > 17 {
			t.Errorf("%s: lasts %.1f s", name, l)
		}
	}
}

// A picture that is to be shown turned is turned.
func TestATurnedPicture(t *testing.T) {
	t.Parallel()
	needFFmpeg(t)
	media := ffmpeg(t, "flat.mp4", append(film("1", "320x180"), "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")...)
	turnMatrix(t, media)
	press := newShelf()
	r := worked(t, newInbox(t, &caged{}, press), "turned.mp4", media)
	if r.State != Ready {
		t.Fatalf("%+v", r)
	}
	if w, h, _ := pack.Picture(press.sealed[r.Epoch].order.Tracks[0]); w != 180 || h != 320 {
		t.Errorf("%dx%d", w, h)
	}
}

// turnMatrix has the first track's header say that it is shown turned by 90 degrees (ISO 14496-12, 8.3.2).
func turnMatrix(t *testing.T, mp4 []byte) {
	t.Helper()
	flat := []byte{0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}
	turned := []byte{0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0}
	const head, matrix = 8, 40 // of tkhd, version 0
	for at := 0; at+4 < len(mp4); at++ {
		if from := at + 4 + matrix; string(mp4[at:at+4]) == "tkhd" && string(mp4[from:from+len(flat)]) == string(flat) {
			copy(mp4[from:], turned)
			return
		}
	}
	t.Fatalf("no matrix within %d bytes (head of %d)", len(mp4), head)
}

// Whatever is full or broken on our side takes nothing of the file: it is tried again, and then made.
func TestAFullShelfIsTriedAgain(t *testing.T) {
	t.Parallel()
	needFFmpeg(t)
	press := newShelf()
	press.fail(fmt.Errorf("%w: 0 MB are free", ErrFull))
	x := newInbox(t, &caged{}, press)
	r := worked(t, x, "a.mp4", ffmpeg(t, "a.mp4", append(film("2", "160x90"), "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")...))
	if r.State != Waiting || press.open != 0 || len(press.sealed) > 0 {
		t.Fatalf("%+v, %d open", r, press.open)
	}
	press.fail(nil)
	x.work(t.Context(), x.next(nil))
	if r, _ := x.Show(fish, r.ID); r.State != Ready {
		t.Errorf("%+v", r)
	}
}

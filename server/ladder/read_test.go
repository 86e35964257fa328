package ladder

import (
	"bytes"
	"os"
	"os/exec"
	"testing"

	"shoal/server/ingest"
)

// page keeps what a worker is read to say.
type page struct {
	tracks []ingest.Track
	made   []made
}

func (p *page) begins(t ingest.Track) { p.tracks = append(p.tracks, t) }
func (p *page) makes(m made)          { p.made = append(p.made, m) }

// written is what ffmpeg writes on one pipe.
func written(t testing.TB) []byte {
	t.Helper()
	args := append([]string{"-v", "error", "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=30:duration=0.3"},
		output(encoders()[len(encoders())-1], 100, 1, "expr:eq(mod(n,4),0)")...)
	cmd := exec.Command("ffmpeg", append(args, "-pix_fmt", "yuv420p")[:len(args)]...)
	cmd.Stderr = os.Stderr
	b, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReadAWorker(t *testing.T) {
	long(t)
	b := written(t)
	var p page
	if err := read(bytes.NewReader(b), &p); err != nil {
		t.Fatal(err)
	}
	if len(p.tracks) != 1 || len(p.made) != 9 {
		t.Fatalf("%d descriptions, %d frames", len(p.tracks), len(p.made))
	}
	for i, m := range p.made {
		if m.at != int64(i*3000) || m.key != (i%4 == 0) || len(m.data) == 0 {
			t.Errorf("frame %d at %d, key %v, %d bytes", i, m.at, m.key, len(m.data))
		}
	}
	for cut := range len(b) {
		var half page
		if err := read(bytes.NewReader(b[:cut]), &half); err == nil && len(half.made) == len(p.made) {
			t.Fatalf("cut at %d it is whole", cut)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(written(f))
	f.Add([]byte("\x00\x00\x00\x08moof\x00\x00\x00\x09mdat!"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var p page
		if err := read(bytes.NewReader(b), &p); err != nil {
			return
		}
		for _, m := range p.made {
			if len(m.data) == 0 || m.at < -1<<31 {
				t.Fatalf("a frame of %d bytes at %d", len(m.data), m.at)
			}
		}
		if len(p.made) > 0 && len(p.tracks) == 0 {
			t.Fatal("frames of nothing")
		}
	})
}

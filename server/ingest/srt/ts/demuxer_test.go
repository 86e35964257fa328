package ts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/server/ingest"
	"shoal/server/ingest/mend"
)

// stream is what ffmpeg makes of these arguments: seconds of picture and sound.
func stream(t testing.TB, args ...string) []byte {
	t.Helper()
	if testing.Short() {
		t.Skip("needs ffmpeg")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	all := append([]string{"-hide_banner", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25",
		"-f", "lavfi", "-i", "sine=sample_rate=48000", "-pix_fmt", "yuv420p", "-g", "25", "-bf", "2", "-preset", "ultrafast", "-c:v", "libx264", "-c:a", "aac", "-t", "3"}, args...)
	cmd := exec.CommandContext(ctx, "ffmpeg", append(all, "-f", "mpegts", "-")...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	return out
}

// sink keeps what it is given.
type sink struct {
	runs    [][]ingest.Track
	samples []ingest.Sample
	starts  []int
}

func (s *sink) Tracks(t []ingest.Track) error {
	s.runs, s.starts = append(s.runs, t), append(s.starts, len(s.samples))
	return nil
}

func (s *sink) Sample(x ingest.Sample) error { s.samples = append(s.samples, x); return nil }

// demux gives a stream in pieces of a size.
func demux(t testing.TB, b []byte, size int) (*sink, *Demuxer, error) {
	t.Helper()
	s := &sink{}
	log := slog.New(slog.DiscardHandler)
	d := New(mend.New(s, log), log)
	for len(b) > 0 {
		n := min(size, len(b))
		if err := d.Write(b[:n]); err != nil {
			return s, d, err
		}
		b = b[n:]
	}
	return s, d, d.Flush()
}

// check looks at each run's order, and returns how many frames of picture and sound there are.
func (s *sink) check(t *testing.T) (count [2]int) {
	t.Helper()
	var last [2]time.Duration
	for i, x := range s.samples {
		for _, start := range s.starts {
			if i == start {
				last = [2]time.Duration{-time.Hour, -time.Hour}
			}
		}
		if x.DTS <= last[x.Track] || x.PTS < x.DTS || x.DTS < -time.Second || x.PTS > x.DTS+time.Second {
			t.Fatalf("sample %d of track %d: decoded at %v, shown at %v, after %v", i, x.Track, x.DTS, x.PTS, last[x.Track])
		}
		last[x.Track] = x.DTS
		count[x.Track]++
	}
	return count
}

func TestStreamsOfFFmpeg(t *testing.T) {
	plain := stream(t)
	for what, b := range map[string][]byte{
		"as it is":                   plain,
		"over the end of the clock":  stream(t, "-output_ts_offset", "95442"), // 2^33/90000 is 95443.7
		"after some rubbish":         append(bytes.Repeat([]byte{0x47, 1, 2}, 101), plain...),
		"with small frames of sound": stream(t, "-c:a", "aac", "-b:a", "32k", "-muxdelay", "0", "-pes_payload_size", "100"),
		"with large frames of sound": stream(t, "-pes_payload_size", "60000"),
	} {
		for _, size := range []int{1316, 188, 77, 1 << 20} {
			s, d, err := demux(t, b, size)
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			count := s.check(t)
			if len(s.runs) != 1 || len(s.runs[0]) != 2 || count[0] != 75 || count[1] < 139 || count[1] > 143 {
				t.Errorf("%s, by %d: %d runs, %v frames, %d skipped", what, size, len(s.runs), count, d.Skipped())
			}
			for i, x := range s.samples {
				if x.Track == 1 && i > 0 && x.DTS%time.Millisecond == 1 {
					t.Errorf("%s: sound at %v", what, x.DTS)
				}
			}
		}
	}
}

// Each sound is a track with its language; those that there is no room for are told, and the publication goes on.
func TestSeveralSounds(t *testing.T) {
	args := func(languages ...string) (all []string) {
		for n, language := range languages {
			all = append(all, "-map", "1:a", fmt.Sprintf("-metadata:s:a:%d", n), "language="+language)
		}
		return append([]string{"-map", "0:v"}, all...)
	}
	b := stream(t, args("eng", "ger", "", "fra", "spa", "ita")...)
	s := &sink{}
	log := slog.New(slog.DiscardHandler)
	m := mend.New(s, log)
	leftOut := 0
	m.LeftOut = func(n int) { leftOut = n }
	d := New(m, log)
	if err := errors.Join(d.Write(b), d.Flush()); err != nil {
		t.Fatal(err)
	}
	if len(s.runs) != 1 || leftOut != 2 {
		t.Fatalf("%d runs, %d sounds are left out", len(s.runs), leftOut)
	}
	var languages []string
	for _, track := range s.runs[0] {
		languages = append(languages, track.Language)
	}
	if want := []string{"", "en", "de", "", "fr"}; !slices.Equal(languages, want) {
		t.Errorf("languages %q, want %q", languages, want)
	}
	frames := make([]int, len(languages))
	for _, x := range s.samples {
		frames[x.Track]++
	}
	for n, of := range frames {
		if least := []int{75, 139, 139, 139, 139}[n]; of < least {
			t.Errorf("%d frames of track %d, want %d", of, n, least)
		}
	}
}

func TestCodecsOfFFmpeg(t *testing.T) {
	s, _, err := demux(t, stream(t, "-c:a", "libopus"), 1316)
	if err != nil {
		t.Fatal(err)
	}
	if c := s.check(t); len(s.runs) != 1 || c[0] != 75 || c[1] < 149 {
		t.Errorf("%d runs, %v frames", len(s.runs), c)
	} else if o, ok := s.runs[0][1].Codec.(*codecs.Opus); !ok || o.ChannelCount != 1 {
		t.Errorf("%+v", s.runs[0][1].Codec)
	}
	s, _, err = demux(t, stream(t, "-c:v", "libx265", "-x265-params", "log-level=none"), 1316)
	if err != nil {
		t.Fatal(err)
	}
	if c := s.check(t); len(s.runs) != 1 || c[0] != 75 {
		t.Errorf("%d runs, %v frames", len(s.runs), c)
	} else if h, ok := s.runs[0][0].Codec.(*codecs.H265); !ok || len(h.VPS) == 0 {
		t.Errorf("%+v", s.runs[0][0].Codec)
	}
	if _, _, err = demux(t, stream(t, "-c:v", "mpeg2video", "-c:a", "mp2"), 1316); err == nil || !strings.Contains(err.Error(), "H.264") {
		t.Errorf("what browsers do not play: %v", err)
	}
}

// without takes the packets of a PID out.
func without(b []byte, pid int) (out []byte) {
	for ; len(b) >= packetSize; b = b[packetSize:] {
		if int(b[1]&0x1F)<<8|int(b[2]) != pid {
			out = append(out, b[:packetSize]...)
		}
	}
	return out
}

func TestOddStreams(t *testing.T) {
	plain := stream(t)
	const picturePID, soundPID = 0x100, 0x101                            // as ffmpeg numbers them
	s, _, err := demux(t, without(stream(t, "-t", "5"), soundPID), 1316) // it is waited for for three seconds
	if c := s.check(t); err != nil || len(s.runs) != 1 || len(s.runs[0]) != 1 || c[0] != 125 {
		t.Errorf("sound that is announced and does not come: %d runs, %v frames, %v", len(s.runs), c, err)
	}
	s, _, err = demux(t, without(stream(t, "-t", "5"), picturePID), 1316)
	if c := s.check(t); err != nil || len(s.runs) != 1 || len(s.runs[0]) != 1 || c[0] < 230 {
		t.Errorf("a picture that is announced and does not come: %d runs, %v frames, %v", len(s.runs), c, err)
	}
	s, _, err = demux(t, append(bytes.Clone(plain), plain...), 1316) // its clock goes back by three seconds
	if c := s.check(t); err != nil || len(s.runs) != 2 || c[0] < 148 {
		t.Errorf("a clock that goes back: %d runs, %v frames, %v", len(s.runs), c, err)
	}
	later := stream(t, "-output_ts_offset", "3600")
	s, _, err = demux(t, append(bytes.Clone(plain), later...), 1316)
	if c := s.check(t); err != nil || len(s.runs) != 2 || c[0] < 148 {
		t.Errorf("a clock that jumps by an hour: %d runs, %v frames, %v", len(s.runs), c, err)
	}
	cut := append(bytes.Clone(plain[:len(plain)/3/188*188]), plain[len(plain)/3/188*188+20*188:]...)
	s, d, err := demux(t, cut, 1316)
	if c := s.check(t); err != nil || len(s.runs) != 1 || c[0] < 60 || d.Skipped() == 0 {
		t.Errorf("lost packets: %d runs, %v frames, %d skipped, %v", len(s.runs), c, d.Skipped(), err)
	}
	shifted := append(bytes.Clone(plain[:len(plain)/2]), plain[len(plain)/2+11:]...)
	if s, d, err = demux(t, shifted, 1316); err != nil || d.Skipped() == 0 {
		t.Errorf("lost bytes: %d skipped, %v", d.Skipped(), err)
	} else if c := s.check(t); len(s.runs) != 1 || c[0] < 60 {
		t.Errorf("lost bytes: %d runs, %v frames", len(s.runs), c)
	}
	if _, _, err := demux(t, make([]byte, blindMax+packetSize), 1316); err == nil {
		t.Error("bytes that are no stream are read for ever")
	}
}

// FuzzDemuxer checks that no bytes break it, and that what it holds stays bounded.
func FuzzDemuxer(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, d, _ := demux(t, b, 1316) // any error ends a publication
		for _, e := range append([]*elementary{d.picture}, d.sounds...) {
			if e != nil && (cap(e.frame) > 2*frameMax || len(e.carry) > 8192+len(b)) {
				t.Fatalf("%d bytes are held", cap(e.frame))
			}
		}
		if len(d.rest) >= packetSize || len(d.pat.buffer) > tableMax+packetSize || len(d.pmt.buffer) > tableMax+packetSize {
			t.Fatal("too much is held")
		}
	})
}

// seeds are small streams made by hand: tables, and a frame of each format.
func seeds() (all [][]byte) {
	pat := tableOf(0, []byte{0, 1, 0xE1, 0x00})
	for _, kind := range [][]byte{
		{0x1B, 0xE2, 0x00, 0xF0, 0},
		{0x24, 0xE2, 0x00, 0xF0, 0},
		{0x0F, 0xE2, 0x00, 0xF0, 0},
		{0x06, 0xE2, 0x00, 0xF0, 10, 5, 4, 'O', 'p', 'u', 's', 0x7F, 2, 0x80, 2},
	} {
		pmt := tableOf(2, append([]byte{0xE2, 0x00, 0xF0, 0}, kind...))
		pes := []byte{0, 0, 1, 0xE0, 0, 0, 0x80, 0x80, 5, 0x21, 0, 1, 0, 1, 0, 0, 0, 1, 0x65, 1, 2, 3}
		if kind[0] == 0x0F {
			pes = append(pes[:14], 0xFF, 0xF1, 0x4C, 0x40, 1, 0x3F, 0xFC, 1, 2)
		}
		if kind[0] == 0x06 {
			pes = append(pes[:14], 0x7F, 0xE0, 3, 0xFC, 1, 2)
		}
		var b []byte
		for _, p := range []struct {
			pid  int
			data []byte
		}{{0, append([]byte{0}, pat...)}, {0x100, append([]byte{0}, pmt...)}, {0x200, pes}, {0x200, pes}} {
			packet := append([]byte{syncByte, 0x40 | byte(p.pid>>8), byte(p.pid), 0x10}, p.data...)
			b = append(b, append(packet, bytes.Repeat([]byte{0xFF}, packetSize-len(packet))...)...)
		}
		all = append(all, b)
	}
	return all
}

// tableOf puts a head and a check sum round a table.
func tableOf(id byte, body []byte) []byte {
	size := 5 + len(body) + 4
	b := append([]byte{id, 0xB0 | byte(size>>8), byte(size), 0, 1, 0xC1, 0, 0}, body...)
	sum := crc(b)
	return append(b, byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
}

func TestSeedsAreStreams(t *testing.T) {
	for i, b := range seeds() {
		_, d, err := demux(t, b, 188)
		if err == nil && d.Frames() == 0 || d.picture == nil && len(d.sounds) == 0 {
			t.Errorf("seed %d: %d frames, %v", i, d.Frames(), err)
		}
	}
}

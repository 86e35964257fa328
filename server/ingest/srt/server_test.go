package srt

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	gosrt "github.com/datarhei/gosrt"
	"github.com/datarhei/gosrt/packet"

	"shoal/segment"
	"shoal/server/ingest/gate"
)

func TestFFmpegPublishes(t *testing.T) {
	b := run(t, nil)
	if out, err := ffmpeg(t, append(testStream(4), b.url(rightAsked, rightPass))...); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, b.log.String())
	}
	if err := <-b.door.ended; err != nil {
		t.Errorf("the publisher stopped, and yet: %v", err)
	}
	s := b.door.sink(0)
	if len(s.runs) != 1 || len(s.runs[0]) != 2 || s.runs[0][0].Kind != segment.Video || s.runs[0][1].Kind != segment.Audio {
		t.Fatalf("runs: %+v\n%s", s.runs, b.log.String())
	}
	if r := s.runs[0]; r[0].TimeScale != 90000 || r[1].TimeScale != 48000 {
		t.Errorf("time scales %d and %d", r[0].TimeScale, r[1].TimeScale)
	}
	count, reordered, keys := [2]int{}, 0, 0
	var last [2]time.Duration
	for i, x := range s.samples {
		if count[x.Track] > 0 && x.DTS <= last[x.Track] {
			t.Fatalf("sample %d: decode time %v after %v", i, x.DTS, last[x.Track])
		}
		if x.Track == 1 && count[1] > 0 {
			if gap := x.DTS - last[1]; gap != 1024*time.Second/48000 {
				t.Errorf("sound goes on after %v", gap)
			}
		}
		last[x.Track] = x.DTS
		count[x.Track]++
		if x.PTS > x.DTS+40*time.Millisecond && x.Track == 0 {
			reordered++
		}
		if x.Track == 0 && x.Key {
			keys++
		}
	}
	// The encoder gives up what is on its way when it ends: the last latency's worth may not come.
	if count[0] < 110 || count[0] > 120 || keys != 2 || reordered == 0 || count[1] < 170 {
		t.Errorf("%d frames, %d of them keys, %d reordered, %d of sound", count[0], keys, reordered, count[1])
	}
	if r := b.door.asked[0]; r.Protocol != "srt" || r.Name != channel || !r.From.IsLoopback() || r.Takeover {
		t.Errorf("%+v", r)
	}
	if b.meter.of("admitted") != 1 || b.meter.of("fault") != 0 {
		t.Errorf("%v", b.meter.n)
	}
}

func TestFFmpegIsRefused(t *testing.T) {
	b := run(t, nil)
	for what, c := range map[string]struct{ id, pass, says, figure string }{
		"a wrong passphrase": {rightAsked, wrongPass, "passphrase is wrong", "passphrase"},
		"no passphrase":      {rightAsked, "", "does not encrypt", "passphrase"},
		"a wrong key":        {"publish:fish:" + strings.Repeat("x", 43), rightPass, "no channel has this stream key", "key"},
		"another channel":    {"publish:frog:" + rightKey, rightPass, "no channel has this stream key", "key"},
		"no key":             {"", rightPass, "has no stream key", "form"},
		"to play":            {"read:fish", rightPass, "watch in the browser", "form"},
	} {
		before := b.meter.of(c.figure)
		out, err := ffmpeg(t, append(testStream(1), b.url(c.id, c.pass))...)
		if err == nil {
			t.Errorf("%s: taken", what)
		}
		if !strings.Contains(b.log.String(), c.says) || b.meter.of(c.figure) == before {
			t.Errorf("%s: %s\n%s%v", what, out, b.log.String(), b.meter.n)
		}
	}
	if len(b.door.sinks) != 0 {
		t.Error("somebody was let in")
	}
}

// Where the operator turned passphrases off, plain streams are taken, and encrypted ones are not.
func TestWithoutPassphrases(t *testing.T) {
	b := run(t, func(s *Server) { s.Passphrase = nil })
	stream := clip(t, "2")
	if c, err := call(t, b.addr, nil); err == nil {
		_ = c.Close()
		t.Error("an encrypted stream is taken, which nobody can open")
	}
	conn, err := call(t, b.addr, func(c *gosrt.Config) { c.Passphrase = "" })
	if err != nil {
		t.Fatal(err)
	}
	push(t, conn, stream, 2*ms)
	b.eventually("the clip", func() bool { return b.door.sink(0).count() > 90+45 })
	_ = conn.Close()
	if err := <-b.door.ended; err != nil {
		t.Error(err)
	}
}

// Callers that want what is not known here are told so.
func TestModesThatAreNotKnownAreRefused(t *testing.T) {
	b := run(t, nil)
	for name, change := range map[string]func(*packet.CIFHandshake){
		"an old version":  func(h *packet.CIFHandshake) { h.Version = 4 },
		"no extension":    func(h *packet.CIFHandshake) { h.HasHS = false },
		"a tiny packet":   func(h *packet.CIFHandshake) { h.MaxTransmissionUnitSize = 77 },
		"file mode":       func(h *packet.CIFHandshake) { h.SRTHS.SRTFlags.STREAM = true },
		"a foreign pacer": func(h *packet.CIFHandshake) { h.CongestionCtl = "file" },
	} {
		from, err := net.Dial("udp", b.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer from.Close()
		b.eventually("the server runs", func() bool { return b.Server.running() })
		cookie := b.Server.cookies.of(netip.MustParseAddrPort(from.LocalAddr().String()), time.Now())
		before := b.meter.of(gate.WhyForm)
		body := says(t, func(h *packet.CIFHandshake) { h.SynCookie = cookie; change(h) })
		if _, err := from.Write(controlPacket(typeHandshake, 0, 0, 0, 0, body)); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 2000)
		if err := from.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := from.Read(answer)
		if err != nil || n != headerSize+handshakeSize {
			t.Errorf("%s: %d bytes, %v", name, n, err)
			continue
		}
		h, err := parseHandshake(answer[headerSize:n])
		if err != nil || h.kind < 1000 || h.kind > 1500 {
			t.Errorf("%s: %+v %v", name, h, err)
		}
		b.eventually("it is counted", func() bool { return b.meter.of(gate.WhyForm) > before })
	}
}

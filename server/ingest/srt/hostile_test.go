package srt

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gosrt "github.com/datarhei/gosrt"
	"github.com/datarhei/gosrt/packet"

	"shoal/server/ingest/gate"
)

// clip is seconds of an MPEG-TS with picture and sound.
func clip(t *testing.T, seconds string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clip.ts")
	if out, err := ffmpeg(t, "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-f", "lavfi", "-i", "sine=sample_rate=48000", "-t", seconds,
		"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25", "-pix_fmt", "yuv420p", "-b:v", "600k", "-c:a", "aac", "-f", "mpegts", path); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// call connects as gosrt does.
func call(t *testing.T, addr string, change func(*gosrt.Config)) (gosrt.Conn, error) {
	t.Helper()
	c := gosrt.DefaultConfig()
	c.StreamId, c.Passphrase = rightAsked, rightPass
	if change != nil {
		change(&c)
	}
	return gosrt.Dial("srt", addr, c)
}

// push sends a stream in as many datagrams as an encoder would, at a pace that it could have.
func push(t *testing.T, conn gosrt.Conn, stream []byte, every time.Duration) {
	t.Helper()
	const seven = 7 * 188
	pace := time.NewTicker(every)
	defer pace.Stop()
	for len(stream) > 0 {
		n := min(seven, len(stream))
		if _, err := conn.Write(stream[:n]); err != nil {
			return // the server hung up: what comes of it, tests look at
		}
		stream = stream[n:]
		<-pace.C
	}
}

func TestKeysChangeMidway(t *testing.T) {
	b := run(t, nil)
	stream := clip(t, "4")
	conn, err := call(t, b.addr, func(c *gosrt.Config) { c.KMRefreshRate, c.KMPreAnnounce = 64, 24 })
	if err != nil {
		t.Fatal(err)
	}
	push(t, conn, stream, 8*ms)
	b.eventually("the clip", func() bool { return b.door.sink(0).count() > 180+95 })
	_ = conn.Close()
	if err := <-b.door.ended; err != nil {
		t.Error(err)
	}
}

// relay stands between a caller and the server, and loses and delays what it wants to.
func relay(t *testing.T, to string, mistreat func(up bool, n int) (lose bool, delay time.Duration)) string {
	t.Helper()
	front, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	server, err := net.ResolveUDPAddr("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	back, err := net.DialUDP("udp", nil, server)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var caller netip.AddrPort
	var n [2]int
	pass := func(up bool, b []byte, send func([]byte)) {
		mu.Lock()
		i := 0
		if up {
			i = 1
		}
		lose, delay := mistreat(up, n[i])
		n[i]++
		mu.Unlock()
		if lose {
			return
		}
		b = append([]byte(nil), b...)
		if delay == 0 {
			send(b)
			return
		}
		time.AfterFunc(delay, func() { send(b) })
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		b := make([]byte, 2000)
		for {
			n, from, err := front.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			mu.Lock()
			caller = from
			mu.Unlock()
			pass(true, b[:n], func(b []byte) { _, _ = back.Write(b) })
		}
	})
	wait.Go(func() {
		b := make([]byte, 2000)
		for {
			n, err := back.Read(b)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			mu.Lock()
			to := caller
			mu.Unlock()
			pass(false, b[:n], func(b []byte) { _, _ = front.WriteToUDPAddrPort(b, to) })
		}
	})
	t.Cleanup(func() { _ = front.Close(); _ = back.Close(); wait.Wait() })
	return front.LocalAddr().String()
}

// A line that loses one packet in ten, mixes their order and takes 20 ms each way loses no frame.
func TestABadLineIsRepaired(t *testing.T) {
	b := run(t, nil)
	r := rand.New(rand.NewPCG(1, 2))
	at := relay(t, b.addr, func(bool, int) (bool, time.Duration) {
		return r.IntN(10) == 0, 20*ms + time.Duration(r.IntN(10))*ms
	})
	url := strings.Replace(b.url(rightAsked, rightPass), b.addr, at, 1)
	out, err := ffmpeg(t, append(testStream(5), strings.Replace(url, "latency=120000", "latency=1000000", 1))...)
	if err != nil {
		t.Fatalf("%v: %s\n%s", err, out, b.log.String())
	}
	<-b.door.ended
	s := b.door.sink(0)
	last, pictures := time.Duration(-1), 0
	for _, x := range s.samples {
		if x.Track != 0 {
			continue
		}
		if last >= 0 && x.DTS-last > 40*ms && x.DTS < 4*time.Second {
			t.Errorf("a frame is missing before %v", x.DTS)
		}
		last = x.DTS
		pictures++
	}
	// What the encoder still had in its buffer when it ended is not sent again: of the last second some may be lost.
	if pictures < 100 {
		t.Errorf("%d pictures, %d packets lost", pictures, b.door.lost)
	}
}

// A line that is gone for longer than the latency costs what was sent meanwhile, and no more.
func TestAGapIsPassedOverAndTold(t *testing.T) {
	b := run(t, nil)
	var gone struct {
		sync.Mutex
		from, to time.Time
	}
	at := relay(t, b.addr, func(bool, int) (bool, time.Duration) {
		gone.Lock()
		defer gone.Unlock()
		now := time.Now()
		return !gone.from.IsZero() && now.After(gone.from) && now.Before(gone.to), 0
	})
	stream := clip(t, "6")
	conn, err := call(t, at, nil)
	if err != nil {
		t.Fatal(err)
	}
	gone.Lock()
	gone.from, gone.to = time.Now().Add(time.Second), time.Now().Add(3*time.Second)
	gone.Unlock()
	push(t, conn, stream, 10*ms)
	b.eventually("the clip's end", func() bool {
		s := b.door.sink(0)
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.samples) > 0 && s.samples[len(s.samples)-1].DTS > 5*time.Second
	})
	_ = conn.Close()
	if err := <-b.door.ended; err != nil {
		t.Error(err)
	}
	b.door.mu.Lock()
	defer b.door.mu.Unlock()
	if b.door.lost == 0 || len(b.door.sinks) != 1 {
		t.Errorf("%d packets lost in %d publications", b.door.lost, len(b.door.sinks))
	}
}

// A fault in one publication ends that one alone, and is counted.
func TestAFaultEndsOneStreamAlone(t *testing.T) {
	b := run(t, nil)
	stream := clip(t, "4")
	good, err := call(t, b.addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.door.mu.Lock()
	b.door.spoil = func(s *sink) { s.sample = func() error { panic("nobody thought of this") } }
	b.door.mu.Unlock()
	bad, err := call(t, b.addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	push(t, bad, stream[:len(stream)/2/188*188], ms)
	b.eventually("the fault", func() bool { return b.meter.of("fault") == 1 })
	if err := <-b.door.ended; err == nil || !strings.Contains(err.Error(), "fault of ours") {
		t.Errorf("the door heard %v", err)
	}
	push(t, good, stream, 2*ms)
	b.eventually("the other's clip", func() bool { return b.door.sink(0).count() > 180+95 })
	_, _ = good.Close(), bad.Close()
	if err := <-b.door.ended; err != nil {
		t.Error(err)
	}
}

// A publication that hangs in what becomes of it holds up nobody else.
func TestAHangHoldsUpNobodyElse(t *testing.T) {
	b := run(t, nil)
	stream := clip(t, "4")
	hold := make(chan struct{})
	var hung atomic.Bool
	b.door.mu.Lock()
	b.door.spoil = func(s *sink) {
		if len(b.door.sinks) == 0 {
			s.sample = func() error { hung.Store(true); <-hold; return nil }
		}
	}
	b.door.mu.Unlock()
	bad, err := call(t, b.addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	push(t, bad, stream[:len(stream)/2/188*188], ms)
	b.eventually("the hang", func() bool { return hung.Load() })
	good, err := call(t, b.addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	push(t, good, stream, 2*ms)
	b.eventually("the other's clip", func() bool { return b.door.sink(1).count() > 180+95 })
	close(hold)
	_, _ = good.Close(), bad.Close()
}

func TestACutPublisherIsDisconnected(t *testing.T) {
	b := run(t, nil)
	conn, err := call(t, b.addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	close(b.door.cut)
	if err := <-b.door.ended; !errors.Is(err, gate.ErrCut) {
		t.Errorf("%v", err)
	}
	if _, err := conn.Read(make([]byte, 10)); err == nil {
		t.Error("the publisher does not hear of it")
	}
}

func TestTakeoverIsAskedFor(t *testing.T) {
	b := run(t, nil)
	b.door.mu.Lock()
	b.door.busy = true
	b.door.mu.Unlock()
	if c, err := call(t, b.addr, nil); err == nil {
		_ = c.Close()
		t.Error("a second publisher is let in")
	}
	c, err := call(t, b.addr, func(c *gosrt.Config) { c.StreamId = rightAsked + "?takeover=1" })
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
}

func TestWrongKeysShutAnAddressOut(t *testing.T) {
	b := run(t, nil)
	const most = 10
	for range most {
		if _, err := call(t, b.addr, func(c *gosrt.Config) { c.StreamId = "publish:fish:wrong" }); err == nil {
			t.Fatal("a wrong key is taken")
		}
	}
	if _, err := call(t, b.addr, nil); err == nil {
		t.Error("the right key is taken after too many wrong ones")
	}
	if b.meter.of(gate.WhyKey) != most || b.meter.of(gate.WhyLimit) != 1 {
		t.Errorf("%v", b.meter.n)
	}
}

// flood throws bytes at the server while somebody publishes: nothing breaks, and the publication loses nothing.
func TestMutatedPacketsHarmNobody(t *testing.T) {
	b := run(t, nil)
	stream := clip(t, "4")
	good, err := call(t, b.addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() { flood(t, b, over) })
	push(t, good, stream, 4*ms)
	b.eventually("the clip", func() bool { return b.door.sink(0).count() > 180+95 })
	close(over)
	wait.Wait()
	_ = good.Close()
	if err := <-b.door.ended; err != nil {
		t.Error(err)
	}
	if b.meter.of("fault") != 0 {
		t.Errorf("faults:\n%s", b.log.String())
	}
	b.Server.mu.Lock()
	known := len(b.Server.byPeer)
	b.Server.mu.Unlock()
	if known > handshakesMax+1 {
		t.Errorf("%d callers are remembered", known)
	}
}

// flood sends mutations of every kind of packet, also from an address that showed itself.
func flood(t *testing.T, b *bench, over chan struct{}) {
	from, err := net.Dial("udp", b.addr)
	if err != nil {
		t.Error(err)
		return
	}
	defer from.Close()
	r := rand.New(rand.NewPCG(7, 7))
	local := netip.MustParseAddrPort(from.LocalAddr().String())
	b.Server.mu.Lock()
	ids := []uint32{0, 1}
	for id := range b.Server.byID {
		ids = append(ids, id)
	}
	b.Server.mu.Unlock()
	for n := 0; ; n++ {
		select {
		case <-over:
			t.Logf("%d mutated packets", n)
			return
		default:
		}
		body := says(t, func(h *packet.CIFHandshake) { h.SynCookie = b.Server.cookies.of(local, time.Now()) })
		p := controlPacket([]uint16{typeHandshake, typeHandshake, typeAck, typeNak, typeShutdown, typeAckAck, typeUser, 7}[r.IntN(8)],
			uint16(r.IntN(8)), r.Uint32(), 0, ids[r.IntN(len(ids))], body[:r.IntN(len(body)+1)])
		for range r.IntN(4) {
			p[r.IntN(len(p))] = byte(r.Uint32())
		}
		if _, err := from.Write(p); err != nil {
			continue
		}
	}
}

// The reference implementation's own program calls, as people put it behind an encoder that knows UDP only.
func TestSRTLiveTransmit(t *testing.T) {
	stream := clip(t, "3")
	if _, err := exec.LookPath("srt-live-transmit"); err != nil {
		t.Fatal("srt-live-transmit is not on PATH: install it (apt-get install srt-tools)")
	}
	b := run(t, nil)
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	from := free.LocalAddr().String()
	_ = free.Close() // to the program
	cmd := exec.CommandContext(t.Context(), "srt-live-transmit", "-q", "udp://"+from,
		"srt://"+b.addr+"?latency=200&streamid="+rightAsked+"&passphrase="+rightPass)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b.eventually("the call", func() bool { return b.meter.of("admitted") == 1 })
	out, err := net.Dial("udp", from)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	pace := time.NewTicker(8 * ms)
	defer pace.Stop()
	for i := 0; i < len(stream); i += 7 * 188 {
		if _, err := out.Write(stream[i:min(len(stream), i+7*188)]); err != nil {
			t.Fatal(err)
		}
		<-pace.C
	}
	b.eventually("the clip", func() bool { return b.door.sink(0).count() > 140+70 })
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait()
}

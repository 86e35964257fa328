package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"shoal/peer"
	"shoal/peer/hostile"
	"shoal/segment"
	"shoal/swarm"
	"shoal/swarm/tape"
)

// asProgram makes the test program run as shoal: tests kill it, signal it, and read what it prints.
const asProgram = "TEST_AS_SHOAL"

func TestAsProgram(t *testing.T) {
	if os.Getenv(asProgram) == "" {
		t.Skip("it only lends its name to processes that other tests start")
	}
	for i, arg := range os.Args {
		if arg == "--" {
			os.Exit(run(os.Args[i+1:]))
		}
	}
}

func shoal(args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], append([]string{"-test.run=^TestAsProgram$", "--"}, args...)...)
	c.Env = append(os.Environ(), asProgram+"=1")
	return c
}

// spawn starts a process that is dead when the test is over.
func spawn(t *testing.T, c *exec.Cmd) *exec.Cmd {
	t.Helper()
	var log bytes.Buffer
	if c.Stderr == nil {
		c.Stderr = &log
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		ended := time.AfterFunc(10*time.Second, func() { _ = c.Process.Kill() })
		defer ended.Stop()
		_ = c.Wait()
		if t.Failed() {
			t.Logf("%s\n%s", c.Path, log.String())
		}
	})
	return c
}

// freePort returns an address that nobody listens on, below those that systems give to whoever asks for any: such a one another program
// might have by the time the server wants it.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(10_000+rand.IntN(20_000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no free port among a hundred")
	return ""
}

// broadcast is a server with a live channel, fed by ffmpeg.
type broadcast struct {
	t      *testing.T
	server *exec.Cmd
	data   string
	http   string
	truth  truth
}

func onAir(t *testing.T) *broadcast {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not here; `make deps-test` installs it")
	}
	data, web, rtmp := t.TempDir(), freePort(t), freePort(t)
	card, err := shoal("channel", "add", "demo", "--data", data, "--json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var channel struct {
		Key string `json:"stream_key"`
	}
	if err := json.Unmarshal(card, &channel); err != nil {
		t.Fatalf("%s: %v", card, err)
	}
	b := &broadcast{t: t, data: data, http: "http://" + web}
	b.server = spawn(t, shoal("serve", "--data", data, "--http", web, "--rtmp", rtmp, "--turn", freePort(t), "--whip", "off", "--ladder", "off"))
	b.until("the server answers", func() bool {
		res, err := http.Get(b.http + "/api/v1/channels")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	spawn(t, exec.Command("ffmpeg", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25", "-f", "lavfi", "-i", "sine",
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-b:v", "2000k", "-minrate", "2000k", "-maxrate", "2000k",
		"-bufsize", "2000k", "-nal-hrd", "cbr", "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "flv", "rtmp://"+rtmp+"/live/"+channel.Key))
	b.truth = truth{seen: map[[32]byte]bool{}, base: b.http + "/hls/demo/"}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for track := range 2 {
		wg.Go(func() { b.truth.follow(ctx, track) })
	}
	t.Cleanup(func() { cancel(); wg.Wait(); http.DefaultClient.CloseIdleConnections() })
	b.until("there is as much as viewers stay behind live", func() bool { return b.truth.size() >= 24 })
	return b
}

func (b *broadcast) until(what string, done func() bool) {
	b.t.Helper()
	const patience = 60 * time.Second
	for deadline := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// truth is every part as the origin gives it to anybody, by digest.
type truth struct {
	mu   sync.Mutex
	seen map[[32]byte]bool
	base string
}

func (tr *truth) follow(ctx context.Context, track int) {
	for seq := 0; ctx.Err() == nil; {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s1/%d/p%d.m4s", tr.base, track, seq), nil)
		if err != nil {
			return
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			continue
		}
		data, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		tr.mu.Lock()
		tr.seen[sha256.Sum256(data)] = true
		tr.mu.Unlock()
		seq++
	}
}

func (tr *truth) size() int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return len(tr.seen)
}

func (tr *truth) has(digest [32]byte) bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.seen[digest]
}

// sink keeps what a viewer was shown of a track.
type sink struct {
	file   *os.File
	writes [][32]byte // the first is the init segment
}

func (s *sink) Write(b []byte) (int, error) {
	s.writes = append(s.writes, sha256.Sum256(b))
	return s.file.Write(b)
}

// viewer is a native viewer whose media is kept.
type viewer struct {
	*peer.Peer
	sinks map[segment.Track]*sink
	tape  bytes.Buffer
}

// watch starts n viewers, and returns them with what stops them all.
func (b *broadcast) watch(n int) (viewers []*viewer, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	dir := b.t.TempDir()
	for i := range n {
		v := &viewer{sinks: map[segment.Track]*sink{}}
		v.Peer = peer.New(peer.Config{Watch: b.http + "/c/demo", Tape: &v.tape, Sink: func(track segment.Track) io.Writer {
			f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%d-%d.mp4", i, track)))
			if err != nil {
				b.t.Error(err)
				return nil
			}
			v.sinks[track] = &sink{file: f}
			return v.sinks[track]
		}})
		viewers = append(viewers, v)
		wg.Go(func() {
			if err := v.Run(ctx); err != nil {
				b.t.Error(err)
			}
		})
	}
	stop = sync.OnceFunc(func() {
		cancel()
		wg.Wait()
		for _, v := range viewers {
			for _, s := range v.sinks {
				_ = s.file.Close()
			}
		}
	})
	b.t.Cleanup(stop)
	return viewers, stop
}

// played waits until every viewer has been given so many parts.
func (b *broadcast) played(viewers []*viewer, parts uint64) {
	b.t.Helper()
	b.until(fmt.Sprintf("everybody got %d parts", parts), func() bool {
		for _, v := range viewers {
			if v.Stats().Parts < parts {
				return false
			}
		}
		return true
	})
}

// unharmed checks that nobody had to wait and nobody was shown a byte that the origin did not publish.
func (b *broadcast) unharmed(t *testing.T, viewers []*viewer) {
	t.Helper()
	shown, foreign := 0, 0
	for i, v := range viewers {
		s := v.Stats()
		if s.LateParts != 0 || s.Stalls != 0 || s.Skips != 0 {
			t.Errorf("viewer %d: %d late parts, %d stalls, %d skips: %+v", i, s.LateParts, s.Stalls, s.Skips, s)
		}
		for _, kept := range v.sinks {
			for _, digest := range kept.writes[1:] {
				shown++
				if !b.truth.has(digest) {
					foreign++
				}
			}
		}
	}
	if shown == 0 || foreign != 0 {
		t.Errorf("%d of %d parts shown are not what the origin published", foreign, shown)
	}
	t.Logf("%d parts shown, %d foreign", shown, foreign)
}

// TestNativeViewers is the swarm with real sockets: the program serves, native viewers watch and share.
func TestNativeViewers(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes as long as the picture does")
	}
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Run("all", func(t *testing.T) {
		b := onAir(t)
		t.Run("share", b.share)
		t.Run("a polluter is dropped", b.polluter)
		t.Run("the tracker restarts and a viewer is killed", b.trouble)
	})
}

func (b *broadcast) share(t *testing.T) {
	b.t = t
	viewers, stop := b.watch(3)
	b.played(viewers, 40) // about 10 s of two tracks
	before := make([]peer.Stats, len(viewers))
	for i, v := range viewers {
		before[i] = v.Stats()
	}
	b.played(viewers, 120)
	stop()
	var peers, origin, wasted uint64
	for i, v := range viewers {
		s := v.Stats()
		peers += s.PeerBytes - before[i].PeerBytes
		origin += s.OriginBytes - before[i].OriginBytes
		wasted += s.DuplicateBytes - before[i].DuplicateBytes
		if s.Refused != 0 || s.Polluters != 0 || s.Babblers != 0 || s.Overdue != 0 {
			t.Errorf("viewer %d: %+v", i, s)
		}
		if s.MemoryMost > peer.DefaultMemory {
			t.Errorf("viewer %d held %d bytes", i, s.MemoryMost)
		}
	}
	t.Logf("%d bytes from viewers, %d from the origin: %d %%; %d arrived for nothing", peers, origin, 100*peers/(peers+origin), wasted)
	if peers < origin {
		t.Errorf("less than half came from viewers: %d of %d bytes", peers, peers+origin)
	}
	b.unharmed(t, viewers)
	for _, v := range viewers {
		replay(t, v)
	}
	for _, kept := range viewers[0].sinks {
		if out, err := exec.Command("ffmpeg", "-v", "error", "-i", kept.file.Name(), "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("what was shown does not decode: %v\n%s", err, out)
		}
	}
}

// replay feeds a viewer's tape to another engine, which must come to the same counts.
func replay(t *testing.T, v *viewer) {
	t.Helper()
	config, records, err := tape.SplitFile(v.tape.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	engine := swarm.New(config)
	var outs []swarm.Output
	var verified, rescues, inputs uint64
	for record := range records {
		now, in, err := tape.ParseInput(record)
		if err != nil {
			t.Fatal(err)
		}
		inputs++
		outs = engine.Step(now, in, outs[:0])
		for _, o := range outs {
			if n, ok := o.(swarm.Note); ok && n.What == swarm.PieceVerified {
				verified++
			} else if ok && n.What == swarm.RescueStarted {
				rescues++
			}
		}
	}
	if s := v.Stats(); verified != s.Verified || rescues != s.Rescues || verified == 0 {
		t.Errorf("the replay verified %d pieces and rescued %d times, the viewer %d and %d", verified, rescues, s.Verified, s.Rescues)
	}
	t.Logf("%d inputs replayed from %d bytes", inputs, v.tape.Len())
}

func (b *broadcast) polluter(t *testing.T) {
	b.t = t
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	polluter := hostile.New(hostile.Config{Watch: b.http + "/c/demo", Mode: hostile.Alter})
	wg.Go(func() {
		if err := polluter.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	b.until("the polluter is in", func() bool { return polluter.Counts().Sessions > 0 })
	viewers, stop := b.watch(3)
	b.until("everybody dropped the polluter", func() bool {
		for _, v := range viewers {
			if v.Stats().Polluters == 0 {
				return false
			}
		}
		return true
	})
	b.played(viewers, 60)
	stop()
	for i, v := range viewers {
		if s := v.Stats(); s.Refused > 3*s.Polluters {
			t.Errorf("viewer %d took %d altered pieces of %d polluters", i, s.Refused, s.Polluters)
		}
	}
	b.unharmed(t, viewers)
	t.Logf("the polluter: %+v", polluter.Counts())
}

func (b *broadcast) trouble(t *testing.T) {
	b.t = t
	victim := shoal("watch", b.http+"/c/demo")
	victim.Stdout, victim.Stderr = io.Discard, io.Discard
	spawn(t, victim)
	viewers, stop := b.watch(2)
	b.until("three are linked", func() bool { return viewers[0].Stats().Links == 2 && viewers[1].Stats().Links == 2 })
	b.played(viewers, 30)
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	b.until("the loss is noticed", func() bool { return viewers[0].Stats().Links == 1 && viewers[1].Stats().Links == 1 })
	if err := b.server.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	b.until("everybody came back", func() bool { return viewers[0].Stats().Sessions >= 2 && viewers[1].Stats().Sessions >= 2 })
	b.played(viewers, max(viewers[0].Stats().Parts, viewers[1].Stats().Parts)+40)
	b.until("the two are linked under one name each", func() bool { return viewers[0].Stats().Links == 1 && viewers[1].Stats().Links == 1 })
	stop()
	b.unharmed(t, viewers)
	for i, v := range viewers {
		t.Logf("viewer %d: %+v", i, v.Stats())
	}
}

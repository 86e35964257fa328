package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"shoal/id"
)

// quietSettings returns settings as a command line without flags gives them, with addresses that are free.
func quietSettings(t *testing.T) Settings {
	t.Helper()
	c, err := parsed(t, "http = \"127.0.0.1:0\"\nrtmp = \"127.0.0.1:0\"\nturn = \"127.0.0.1:0\"\nwhip = \"127.0.0.1:0\"\nladder = \"off\"\n")
	if err != nil {
		t.Fatal(err)
	}
	return c.Settings
}

// running is a server that runs until the test is over.
type running struct {
	*house
	log    *bytes.Buffer // to be read when it has stopped
	reload chan os.Signal
	stop   func() error // waits; a second call does nothing
}

func runHouse(t *testing.T, dir string, s Settings) *running {
	t.Helper()
	r := &running{log: new(bytes.Buffer), reload: make(chan os.Signal)}
	built, err := build(t.Context(), dir, s, slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	r.house = built
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- built.Run(ctx, r.reload) }()
	stopped := false
	r.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			return err
		}
		return built.Close()
	}
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// say runs one command as the program does and returns what it printed.
func say(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	c, err := parse(args, &out, &out)
	if err != nil {
		return "", err
	}
	err = c.Run(t.Context(), world{out: &out, err: &out})
	return out.String(), err
}

func addChannel(t *testing.T, dir, name string) card {
	t.Helper()
	text, err := say(t, "channel", "add", name, "--data", dir, "--json")
	if err != nil {
		t.Fatal(err)
	}
	var k card
	text = text[strings.IndexByte(text, '{'):] // before it may stand that the directory is a new one, and behind it that no server runs
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&k); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return k
}

func TestChannelsAreAddedBesideAServerAndWithoutOne(t *testing.T) {
	dir := t.TempDir()
	before := addChannel(t, dir, "before")
	if before.RTMP != "rtmp://localhost/live" || before.Watch != "http://localhost:8080/c/before" || before.HLS != "http://localhost:8080/hls/before/master.m3u8" {
		t.Errorf("before the first start: %+v", before)
	}
	r := runHouse(t, dir, quietSettings(t))
	beside := addChannel(t, dir, "beside")
	port := portOf(r.doors.http.Addr())
	if beside.Watch != "http://localhost:"+port+"/c/beside" || beside.RTMP != "rtmp://localhost:"+portOf(r.doors.rtmp.Addr())+"/live" {
		t.Errorf("beside a server: %+v", beside)
	}
	for _, k := range []card{before, beside} {
		if len(k.StreamKey) != 43 {
			t.Errorf("a stream key of %d characters", len(k.StreamKey))
		}
		found, err := r.channels.ByStreamKey(t.Context(), k.StreamKey)
		if err != nil || found.Name != k.Channel {
			t.Errorf("the server does not know %s by its key: %v", k.Channel, err)
		}
	}
	if filled := "#channel=beside&key=" + beside.StreamKey; beside.Live != "http://localhost:"+port+"/live"+filled || beside.Settings != "http://localhost:"+port+"/settings"+filled {
		t.Errorf("the streamer's pages: %s, %s", beside.Live, beside.Settings)
	}
	if answer, err := http.Get(beside.Watch); err != nil {
		t.Error(err)
	} else if _ = answer.Body.Close(); answer.StatusCode == http.StatusNotFound {
		t.Error("the watch page of a channel that was added beside the server is not found")
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if after := addChannel(t, dir, "after"); after.Watch != "http://localhost:"+port+"/c/after" {
		t.Errorf("after the server: %+v", after)
	}
	nowhereWritten(t, dir, r.log.String(), before.StreamKey, beside.StreamKey)
}

// nowhereWritten looks for secrets in all files of the data directory and in the log.
func nowhereWritten(t *testing.T, dir, log string, secrets ...string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %v", path, info.Mode())
		}
		text, err := os.ReadFile(path)
		for _, secret := range secrets {
			if strings.Contains(string(text), secret) {
				t.Errorf("a stream key stands in %s", path)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			t.Error("a stream key stands in the log")
		}
	}
}

func TestANewKeyReplacesTheOld(t *testing.T) {
	dir := t.TempDir()
	old := addChannel(t, dir, "fish")
	text, err := say(t, "channel", "new-key", "fish", "--data", dir)
	if err != nil {
		t.Fatal(err)
	}
	r := runHouse(t, dir, quietSettings(t))
	if _, err := r.channels.ByStreamKey(t.Context(), old.StreamKey); err == nil {
		t.Error("the old key still admits")
	}
	if strings.Contains(text, old.StreamKey) || !strings.Contains(text, "Stream key") {
		t.Error(text)
	}
	for _, wrong := range [][]string{{"channel", "new-key", "nobody"}, {"channel", "new-key", "NO"}, {"channel", "add", "fish"}, {"channel", "add", "No Name"}} {
		if _, err := say(t, append(wrong, "--data", dir)...); err == nil || len(err.Error()) < 20 {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	typo := filepath.Join(t.TempDir(), "typo")
	if _, err := say(t, "channel", "list", "--data", typo); err == nil {
		t.Error("a directory that is not there looks like a server without channels")
	}
	if _, err := os.Stat(typo); err == nil {
		t.Error("looking for channels made a data directory")
	}
	if list, err := say(t, "channel", "list", "--data", dir); err != nil || !strings.HasPrefix(list, "fish ") || strings.Count(list, "\n") != 1 {
		t.Error(list, err)
	}
}

func TestPortsInUseNameTheFlag(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	datagrams, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer datagrams.Close()
	cert, key := certify(t, t.TempDir())
	for flag, set := range map[string]func(*Settings){
		"--whip": func(s *Settings) { s.WHIP = datagrams.LocalAddr().String() },
		"--http": func(s *Settings) { s.HTTP = taken.Addr().String() },
		"--rtmp": func(s *Settings) { s.RTMP = taken.Addr().String() },
		"--turn": func(s *Settings) { s.TURN = taken.Addr().String() },
		"--srt":  func(s *Settings) { s.SRT = datagrams.LocalAddr().String() },
		"--rtmps": func(s *Settings) {
			s.RTMPS, s.TLSCert, s.TLSKey = taken.Addr().String(), cert, key
		},
	} {
		s := quietSettings(t)
		set(&s)
		_, err := build(t.Context(), t.TempDir(), s, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), "port in use") || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
}

func TestASecondServerIsRefused(t *testing.T) {
	dir := t.TempDir()
	runHouse(t, dir, quietSettings(t))
	if _, err := build(t.Context(), dir, quietSettings(t), slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "already serves") {
		t.Error(err)
	}
}

func TestTheTrackerRestartsAndTheRestStays(t *testing.T) {
	r := runHouse(t, t.TempDir(), quietSettings(t))
	before := r.tracker.get()
	token, _, err := before.Issue(id.Channel{1}, "watch")
	if err != nil || token == "" {
		t.Fatal(err)
	}
	r.reload <- syscall.SIGHUP
	r.reload <- syscall.SIGHUP // is taken when the second tracker runs
	answer, err := http.Get("http://" + r.doors.http.Addr().String() + "/api/v1/channels")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK || r.tracker.get() == before {
		t.Error(answer.Status)
	}
}

func TestNothingIsLeftRunning(t *testing.T) {
	here := goleak.IgnoreCurrent()
	r := runHouse(t, t.TempDir(), quietSettings(t))
	client := &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
	answer, err := client.Get("http://" + r.doors.http.Addr().String() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	client.CloseIdleConnections()
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	goleak.VerifyNone(t, here)
}

func TestTurnOff(t *testing.T) {
	s := quietSettings(t)
	s.TURN = turnOff
	if r := runHouse(t, t.TempDir(), s); r.relay != nil {
		t.Error("a relay was opened")
	}
}

func TestIceNamesTheRelayAsTheViewerCanReachIt(t *testing.T) {
	for _, c := range []struct {
		public string
		ips    []string
		want   string
	}{
		{"", nil, "stun:192.0.2.7:"},
		{"https://live.example.org", nil, "stun:live.example.org:"},
		{"https://live.example.org", []string{"203.0.113.7"}, "stun:203.0.113.7:"},
	} {
		s := quietSettings(t)
		s.PublicURL, s.PublicIP = c.public, c.ips
		r := runHouse(t, t.TempDir(), s)
		ice := relayDoor{r.relay, s.PublicURL, s.publicIPs()}.ICE(id.Channel{1}, 7, "192.0.2.7")
		if len(ice) != 2 || !strings.HasPrefix(ice[0].URLs[0], c.want) || ice[0].Credential != "" || ice[1].Credential == "" {
			t.Errorf("%+v: %+v", c, ice)
		}
	}
}

package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shoal/server/api"
)

// certify writes a certificate that nobody knows, and returns where.
func certify(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, about, about, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// open is a server with every protocol on, and one channel.
type open struct {
	*running
	t    *testing.T
	dir  string
	card card
}

func openHouse(t *testing.T) *open {
	t.Helper()
	if testing.Short() {
		t.Skip("needs ffmpeg")
	}
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Fatal("ffmpeg is not here; `make deps-test` installs it")
	}
	s, dir := quietSettings(t), t.TempDir()
	s.SRT, s.RTMPS = "127.0.0.1:0", "127.0.0.1:0"
	s.TLSCert, s.TLSKey = certify(t, t.TempDir())
	o := &open{running: runHouse(t, dir, s), t: t, dir: dir}
	o.until("its addresses are known", func() bool { _, ok := savedAddresses(dir); return ok })
	o.card = addChannel(t, dir, "fish")
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return o
}

func (o *open) until(what string, done func() bool) {
	o.t.Helper()
	const patience = 30 * time.Second
	for deadline := time.Now().Add(patience); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			o.t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// address is where ffmpeg publishes to over a protocol, and in which format.
func (k card) address(protocol, suffix string) (format, address string) {
	switch protocol {
	case "srt":
		return "mpegts", strings.Replace(k.SRT, k.StreamKey, k.StreamKey+suffix, 1)
	case "rtmps":
		return "flv", k.RTMPS + "/" + k.StreamKey + suffix
	}
	return "flv", k.RTMP + "/" + k.StreamKey + suffix
}

// sender is an ffmpeg.
type sender struct {
	*exec.Cmd
	said  bytes.Buffer
	ended chan error
}

// send publishes a picture with B-frames and sound, with a key frame each so many frames, until it is stopped.
func (o *open) send(k card, protocol, suffix string, keys int) *sender {
	o.t.Helper()
	format, address := k.address(protocol, suffix)
	s := &sender{ended: make(chan error, 1), Cmd: exec.Command("ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error",
		"-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-re", "-f", "lavfi", "-i", "sine=sample_rate=48000",
		"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", fmt.Sprint(keys), "-keyint_min", fmt.Sprint(keys), "-sc_threshold", "0", "-pix_fmt", "yuv420p",
		"-c:a", "aac", "-f", format, address)}
	s.Stderr = &s.said
	if err := s.Start(); err != nil {
		o.t.Fatal(err)
	}
	go func() { s.ended <- s.Wait() }()
	o.t.Cleanup(func() { _ = s.Process.Kill() })
	return s
}

// end stops it as a person would, or as a power cut would.
func (s *sender) end(signal os.Signal) { _ = s.Process.Signal(signal); <-s.ended }

func (o *open) health() (h api.Health) {
	o.t.Helper()
	text, err := say(o.t, "channel", "health", "fish", "--data", o.dir, "--json")
	if err != nil {
		o.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &h); err != nil {
		o.t.Fatalf("%s: %v", text, err)
	}
	return h
}

func (o *open) publishing(protocol string) bool {
	h := o.health()
	return h.Publishing && h.Protocol == protocol && h.Picture != nil
}

func (o *open) epoch() uint64 {
	found, err := o.channels.ByName(o.t.Context(), "fish")
	if err != nil {
		o.t.Fatal(err)
	}
	return o.live.State(found.ID).Epoch
}

// Each protocol publishes, is taken over by the next, and all of it is one broadcast.
func TestEachProtocolPublishesAndTakesOver(t *testing.T) {
	o := openHouse(t)
	var before *sender
	for _, protocol := range []string{"rtmp", "srt", "rtmps", "srt", "rtmp"} {
		suffix := ""
		if before != nil {
			suffix = "?takeover=1"
		}
		s := o.send(o.card, protocol, suffix, 50)
		o.until(protocol+" publishes", func() bool { return o.publishing(protocol) })
		if before != nil {
			select {
			case <-before.ended:
			case <-time.After(5 * time.Second):
				t.Errorf("the publisher before %s goes on", protocol)
			}
		}
		before = s
	}
	second := o.send(o.card, "srt", "", 50)
	if err := <-second.ended; err == nil {
		t.Error("a second publisher was let in without asking to take over")
	}
	if !o.publishing("rtmp") || o.epoch() != 1 {
		t.Errorf("the first one is gone, or epoch %d is not 1", o.epoch())
	}
	before.end(os.Interrupt)
	o.until("it is gone", func() bool { return !o.health().Publishing })
	nowhereWritten(t, o.dir, "", o.card.StreamKey)
}

// A publisher that is killed comes back, over another protocol at that, and the broadcast goes on.
func TestKilledPublishersComeBack(t *testing.T) {
	o := openHouse(t)
	for n, protocol := range []string{"srt", "rtmp", "srt"} {
		s := o.send(o.card, protocol, "?takeover=1", 25)
		o.until(protocol+" publishes", func() bool { return o.publishing(protocol) })
		o.until("it is heard of", func() bool { return o.health().BitsPerSecond > 0 })
		if h := o.health(); h.Returns != n {
			t.Errorf("%d returns, want %d", h.Returns, n)
		}
		s.end(os.Kill)
	}
	if o.epoch() != 1 {
		t.Errorf("the broadcast is in epoch %d", o.epoch())
	}
	answer, err := http.Get(strings.Replace(o.card.HLS, "localhost", "127.0.0.1", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	master, err := io.ReadAll(answer.Body)
	if err != nil || !strings.Contains(string(master), "avc1") {
		t.Errorf("%s %v", master, err)
	}
}

// A new key cuts whoever publishes with the old one within two seconds, over each protocol.
func TestANewKeyCutsThePublisher(t *testing.T) {
	o := openHouse(t)
	k := o.card
	for _, protocol := range []string{"rtmp", "rtmps", "srt"} {
		s := o.send(k, protocol, "", 50)
		o.until(protocol+" publishes", func() bool { return o.publishing(protocol) })
		old := k
		text, err := say(t, "channel", "rekey", "fish", "--data", o.dir, "--json")
		if err != nil {
			t.Fatal(err)
		}
		replaced := time.Now()
		k = card{}
		if err := json.Unmarshal([]byte(text), &k); err != nil {
			t.Fatal(err)
		}
		o.until("it is cut", func() bool { return !o.health().Publishing })
		if took := time.Since(replaced); took > 2*time.Second {
			t.Errorf("%s: it took %v", protocol, took)
		}
		<-s.ended
		if again := o.send(old, protocol, "", 50); <-again.ended == nil {
			t.Errorf("%s: the old key still admits", protocol)
		}
		if k.SRT == old.SRT || !strings.Contains(k.SRT, "passphrase=") {
			t.Errorf("the SRT address is %s", k.SRT)
		}
	}
}

// A channel that is removed while it is live: its publisher is cut within two seconds, and nobody can watch any more.
func TestARemovedChannelIsCut(t *testing.T) {
	o := openHouse(t)
	s := o.send(o.card, "rtmp", "", 50)
	o.until("it is live", func() bool { return o.publishing("rtmp") })
	if text, err := say(t, "channel", "remove", "fish", "--delete-recordings", "--data", o.dir); err != nil {
		t.Fatal(text, err)
	}
	<-s.ended
	for _, path := range []string{"/c/fish", "/api/v1/channels/fish"} {
		answer, err := http.Get("http://" + o.doors.http.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		if _ = answer.Body.Close(); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s is answered %d", path, answer.StatusCode)
		}
	}
	o.until("the broadcast has ended", func() bool { // whoever watched sees its last minute to the end
		answer, err := http.Get("http://" + o.doors.http.Addr().String() + "/hls/fish/0.m3u8")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		return err == nil && (answer.StatusCode == http.StatusNotFound || strings.Contains(string(text), "#EXT-X-ENDLIST"))
	})
	if again := o.send(o.card, "rtmp", "", 50); <-again.ended == nil {
		t.Error("its key still admits")
	}
}

// Who holds the key, and the operator, hear how the stream comes in; nobody else does.
func TestHealthIsToldToTheKeysHolder(t *testing.T) {
	o := openHouse(t)
	s := o.send(o.card, "srt", "", 150)
	defer s.end(os.Interrupt)
	o.until("it is said that key frames are far apart", func() bool {
		for _, a := range o.health().Advice {
			if a.Code == "key_interval" {
				return true
			}
		}
		return false
	})
	h := o.health()
	if h.KeyIntervalMS != 6000 || h.Sound == nil || h.FramesPerSecond < 20 || h.FramesPerSecond > 30 || h.Picture.Height != 180 || h.FramesMissing != 0 {
		t.Errorf("%+v %+v", h, h.Picture)
	}
	text, err := say(t, "channel", "health", "fish", "--data", o.dir)
	if err != nil || !strings.Contains(text, "live over SRT") || !strings.Contains(text, "Set the key frame interval to 2 s") {
		t.Errorf("%v\n%s", err, text)
	}
	at := "http://" + o.doors.http.Addr().String() + "/api/v1/channels/fish/health"
	for token, want := range map[string]int{o.card.StreamKey: 200, strings.Repeat("x", 43): 401, "": 401} {
		request, err := http.NewRequest(http.MethodGet, at, nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%d instead of %d", answer.StatusCode, want)
		}
	}
}

package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// card is what `shoal channel add --json` prints, as far as it is used here.
type card struct {
	Name  string `json:"channel"`
	Key   string `json:"stream_key"`
	RTMP  string `json:"rtmp_url"`
	RTMPS string `json:"rtmps_url"`
	SRT   string `json:"srt_url"`
	WHIP  string `json:"whip_url"`
}

// house is a server, its data directory, and a channel of each protocol.
type house struct {
	program string
	names   []string // of its channels
	dir     string
	args    []string
	http    string
	server  *exec.Cmd
	booth   *booth // where Chromium publishes from

	mu    sync.Mutex
	cards map[string]card // guarded by mu
}

// card is how to publish to the channel of a name.
func (h *house) card(name string) card {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.cards[name]
}

// learn asks the program for a channel's card: verb is add or rekey.
func (h *house) learn(ctx context.Context, name, verb string) error {
	out, err := exec.CommandContext(ctx, h.program, "channel", verb, name, "--data", filepath.Join(h.dir, "data"), "--json").Output()
	if err != nil {
		return fmt.Errorf("channel %s: %w", verb, err)
	}
	var k card
	if err := json.Unmarshal(out, &k); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cards[name] = k
	return nil
}

func newHouse(program string, protocols []string) (*house, error) {
	dir, err := os.MkdirTemp("", "shoal-ingest-*")
	if err != nil {
		return nil, err
	}
	h := &house{program: program, names: append(slices.Clone(protocols), "killed"), dir: dir, cards: map[string]card{}}
	if err := certify(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	h.args = []string{"serve", "--data", filepath.Join(dir, "data"), "--turn", "off", "--whip", ":0", "--ladder", "off", "--log-level", "warn", "--tls-cert", filepath.Join(dir, "cert.pem"), "--tls-key", filepath.Join(dir, "key.pem")}
	for _, flag := range []string{"--http", "--rtmp", "--rtmps", "--srt"} {
		at, err := freePort()
		if err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
		if flag == "--http" {
			h.http = "http://" + at
		}
		h.args = append(h.args, flag, at)
	}
	if h.booth, err = openBooth(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return h, nil
}

// outside reports whether this machine has an address that others could reach.
func outside() bool {
	addresses, _ := net.InterfaceAddrs()
	return slices.ContainsFunc(addresses, func(a net.Addr) bool {
		n, ok := a.(*net.IPNet)
		return ok && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast()
	})
}

// freePort is an address that was free a moment ago.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// certify writes a certificate that nobody knows: encoders are told not to look.
func certify(cert, key string) error {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, about, about, private.Public(), private)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600),
	)
}

// start starts the server and waits until it answers. The first time it adds the channels.
func (h *house) start(ctx context.Context) error {
	h.server = exec.Command(h.program, h.args...)
	h.server.Stderr = os.Stderr
	if os.Getenv("QUIET") != "" {
		h.server.Stderr = nil
	}
	if err := h.server.Start(); err != nil {
		return err
	}
	const within = 20 * time.Second
	if err := until(ctx, within, "the server answers", func() (bool, error) {
		answer, err := http.Get(h.http + "/api/v1/channels")
		if err != nil {
			return false, nil
		}
		return answer.StatusCode == http.StatusOK, answer.Body.Close()
	}); err != nil {
		return err
	}
	for _, p := range h.names {
		if h.card(p) != (card{}) {
			continue
		}
		if err := h.learn(ctx, p, "add"); err != nil {
			return err
		}
	}
	return nil
}

// kill ends the server as a power cut would.
func (h *house) kill() {
	_ = h.server.Process.Kill()
	_ = h.server.Wait()
}

func (h *house) close() {
	if h.server != nil {
		_ = h.server.Process.Signal(syscall.SIGTERM)
		_ = h.server.Wait()
	}
	h.booth.close()
	_ = os.RemoveAll(h.dir)
}

// encoder is an ffmpeg, or for WHIP a GStreamer or a Chromium, that publishes until it is ended.
type encoder struct {
	*exec.Cmd
	said  bytes.Buffer // to be read when it has ended
	ended chan error
	leave func() // has it end its publication; nil: an interrupt does
	kill  func() // ends all of it at once; nil: it is one process
}

func (h *house) encode(ctx context.Context, k card, protocol string) (*encoder, error) {
	if protocol == whipChromium {
		return h.publishFromChromium(ctx, k)
	}
	e := &encoder{ended: make(chan error, 1), Cmd: exec.CommandContext(ctx, "/usr/bin/python3", "web/e2e/gstreamer.py", k.WHIP, k.Key)}
	format, to := "flv", k.RTMP+"/"+k.Key
	switch protocol {
	case "rtmps":
		to = k.RTMPS + "/" + k.Key
	case "srt":
		format, to = "mpegts", k.SRT
	}
	if protocol != whip {
		e.Cmd = exec.CommandContext(ctx, "ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error",
			"-re", "-f", "lavfi", "-i", "testsrc2=size=192x108:rate=25", "-re", "-f", "lavfi", "-i", "sine=sample_rate=48000",
			"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25", "-pix_fmt", "yuv420p", "-threads", "1", "-c:a", "aac", "-f", format, to)
	}
	e.Stderr = &e.said
	if err := e.Start(); err != nil {
		return nil, err
	}
	go func() { e.ended <- e.Wait(); close(e.ended) }()
	return e, nil
}

// end ends it and waits.
func (e *encoder) end(signal os.Signal) {
	if e.leave != nil && signal == os.Interrupt {
		e.leave()
	}
	if e.kill != nil {
		e.kill()
	} else {
		_ = e.Process.Signal(signal)
	}
	<-e.ended
}

// story is what it said when it failed, without the key.
func (e *encoder) story(k card) string { return strings.ReplaceAll(e.said.String(), k.Key, "(key)") }

// until asks again and again until done.
func until(ctx context.Context, within time.Duration, what string, done func() (bool, error)) error {
	const again = 50 * time.Millisecond
	for deadline := time.Now().Add(within); ; {
		ok, err := done()
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", what, err)
		case ok:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Now().After(deadline):
			return fmt.Errorf("not within %v: %s", within, what)
		}
		time.Sleep(again)
	}
}

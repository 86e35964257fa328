package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
)

// Beside a server that is just starting a channel is added with the addresses of this server, not with those of the one before it.
func TestAChannelIsAddedBesideAServerThatStarts(t *testing.T) {
	dir := t.TempDir()
	if err := (addresses{Public: "http://old.example", RTMP: "rtmp://old.example/live", Process: os.Getpid() + 1}).save(dir); err != nil {
		t.Fatal(err)
	}
	lock, err := lockDataDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	c, err := parse([]string{"channel", "add", "reef", "--data", dir}, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	said, says := io.Pipe()
	var out bytes.Buffer
	done := make(chan error, 1)
	go func() {
		done <- c.Run(t.Context(), world{out: &out, err: says})
		_ = says.Close() // of a pipe, which has no error
	}()
	for lines := bufio.NewScanner(said); lines.Scan(); {
		switch line := lines.Text(); {
		case strings.Contains(line, "just starting"):
			if err := (addresses{Public: "http://new.example", RTMP: "rtmp://new.example:7777/live", SRT: "new.example:9000", Process: os.Getpid()}).save(dir); err != nil {
				t.Error(err)
			}
		case strings.Contains(line, "No server"):
			t.Errorf("it doubts: %s", line)
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"rtmp://new.example:7777/live", "http://new.example/c/reef", "srt://new.example:9000?"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not among %s", want, out.String())
		}
	}
}

// Without a server it is told whose the addresses are, and that they are shown anew when one runs.
func TestAddressesWithoutAServerAreDoubted(t *testing.T) {
	dir := t.TempDir()
	never, err := say(t, "channel", "add", "reef", "--data", dir)
	if err != nil || !strings.Contains(never, "No server runs on "+dir+" now: the addresses above are by the settings that this command knows") || !strings.Contains(never, "channel show reef --data "+dir) {
		t.Errorf("before the first: %s, %v", never, err)
	}
	r := runHouse(t, dir, quietSettings(t))
	if beside, err := say(t, "channel", "add", "sea", "--data", dir); err != nil || strings.Contains(beside, "No server") {
		t.Errorf("beside one: %s, %v", beside, err)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if after, err := say(t, "channel", "new-key", "sea", "--data", dir); err != nil || !strings.Contains(after, "those that it had when it ran last") {
		t.Errorf("after one: %s, %v", after, err)
	}
}

// A command that looks for a server holds its lock for an instant, and keeps none from starting.
func TestLookingForAServerKeepsNoneFromStarting(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		looks, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Flock(int(looks.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err != nil {
			t.Fatal(err)
		}
		started := make(chan error, 1)
		go func() {
			lock, err := lockDataDir(dir)
			if err == nil {
				err = lock.Close()
			}
			started <- err
		}()
		synctest.Wait() // it has tried once
		if err := looks.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-started; err != nil {
			t.Error(err)
		}
	})
	if now := standingOf(dir); now != away {
		t.Errorf("after it: %v", now)
	}
}

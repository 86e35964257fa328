package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	lockFile      = "lock"
	addressesFile = "addresses.json"

	// lockTries and lockPause: commands that look whether a server runs here hold its lock for an instant, which must not keep one from starting.
	lockTries = 6
	lockPause = 50 * time.Millisecond
)

// makeDataDir makes the data directory, readable by its owner alone, unless it is there.
func makeDataDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("the data directory cannot be made: %w: choose another with --data", err)
	}
	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return fmt.Errorf("the data directory cannot be written: %w: check its owner and mode, or choose another with --data", err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// lockDataDir keeps a second server from the directory until the file is closed, or this process ends in any way.
func lockDataDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data directory cannot be locked: %w", err)
	}
	if err := lockAlone(f); err != nil {
		holder := ""
		if b, readErr := os.ReadFile(f.Name()); readErr == nil && len(b) > 0 {
			holder = fmt.Sprintf(" (process %s)", b)
		}
		_ = f.Close() // it holds nothing
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("another shoal%s already serves %s: stop it first, or choose another directory with --data", holder, dir)
		}
		return nil, fmt.Errorf("the data directory cannot be locked: %w", err)
	}
	note := fmt.Appendf(nil, "%d", os.Getpid()) // for people: the lock itself is the kernel's
	if err := errors.Join(f.Truncate(0), writeAt(f, note)); err != nil {
		return nil, errors.Join(fmt.Errorf("the data directory cannot be locked: %w", err), f.Close())
	}
	return f, nil
}

// lockAlone locks a file for this process, or returns EWOULDBLOCK if another one keeps it.
func lockAlone(f *os.File) error {
	for try := 1; ; try++ {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if try == lockTries || !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		time.Sleep(lockPause)
	}
}

func writeAt(f *os.File, b []byte) error {
	_, err := f.WriteAt(b, 0)
	return err
}

// addresses are how a server was last reached. `channel add` prints them: it may run beside a server whose addresses
// came from flags that it does not know.
type addresses struct {
	Public string `json:"public_url"`
	RTMP   string `json:"rtmp_url"`
	RTMPS  string `json:"rtmps_url,omitempty"` // "": off
	SRT    string `json:"srt,omitempty"`       // host and port; "": off
	// SRTLatency is in milliseconds.
	SRTLatency int `json:"srt_latency,omitempty"`
	// SRTPassphrase is as the setting is: "" for one of each key, "off" for none.
	SRTPassphrase string `json:"srt_passphrase,omitempty"`
	HTTP          string `json:"http,omitempty"` // where this machine reaches it
	// Process is the server's, as its lock names it: those of another one are of an earlier run. 0: not known.
	Process int `json:"process,omitempty"`
}

func (a addresses) save(dir string) error {
	b, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, addressesFile)
	if err := os.WriteFile(path+".new", append(b, '\n'), 0o600); err != nil {
		return fmt.Errorf("the data directory cannot be written: %w", err)
	}
	return os.Rename(path+".new", path)
}

// savedAddresses returns what save wrote, or ok false if no server ever ran here.
func savedAddresses(dir string) (a addresses, ok bool) {
	b, err := os.ReadFile(filepath.Join(dir, addressesFile))
	if err != nil {
		return addresses{}, false
	}
	return a, json.Unmarshal(b, &a) == nil && a.Public != "" && a.RTMP != ""
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const (
	// startPatience bounds the wait for a server that is just starting: before it says where it is reached it looks at every recording and tries
	// what ffmpeg can.
	startPatience = 20 * time.Second
	// startPoll is how often it is looked for.
	startPoll = 50 * time.Millisecond
)

// standing is whether a server runs on a data directory.
type standing int

const (
	away     standing = iota // none does
	starting                 // one does, and has not said yet where it is reached
	up
)

// standingOf looks at the directory's lock, which is the kernel's: it goes with its process, however that ends.
func standingOf(dir string) standing {
	f, err := os.Open(filepath.Join(dir, lockFile))
	if err != nil {
		return away
	}
	defer f.Close() // with what it holds
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); !errors.Is(err, syscall.EWOULDBLOCK) {
		return away
	}
	holder, err := os.ReadFile(f.Name())
	at, ok := savedAddresses(dir)
	if err != nil || !ok || at.Process != 0 && strconv.Itoa(at.Process) != string(holder) {
		return starting
	}
	return up
}

// awaitServer returns how it stands with the server of the data directory. One that is just starting it waits for, and says so to w.
func awaitServer(ctx context.Context, dir string, w io.Writer) standing {
	now := standingOf(dir)
	if now != starting {
		return now
	}
	fmt.Fprintln(w, "The server is just starting: its addresses are waited for.")
	ctx, stop := context.WithTimeout(ctx, startPatience)
	defer stop()
	for now == starting && rest(ctx, startPoll) == nil {
		now = standingOf(dir)
	}
	return now
}

// doubts says of addresses that are printed why they may not be the server's, and where they stand later; "" if they are its own.
func (c *channelSettings) doubts(now standing, name string) string {
	if now == up {
		return ""
	}
	why := fmt.Sprintf("No server runs on %s now", c.whole())
	if now == starting {
		why = fmt.Sprintf("The server on %s is not ready yet", c.whole())
	}
	whose := "those that it had when it ran last"
	if _, ran := savedAddresses(c.Data); !ran {
		whose = "by the settings that this command knows (its flags, the environment, shoal.toml, defaults), and flags of `shoal serve` may change them"
	}
	return fmt.Sprintf("%s: the addresses above are %s. Once it runs, `shoal channel show %s --data %s` prints them anew, all but the stream key.\n", why, whose, name, c.Data)
}

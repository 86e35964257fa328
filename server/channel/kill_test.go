package channel_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"shoal/server/channel"
	"shoal/server/store/sqlite"
)

const (
	killedDir = "SHOAL_TEST_EPOCH_DIR"
	kills     = 20
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(killedDir); dir != "" {
		takeEpochs(dir)
		return
	}
	os.Exit(m.Run())
}

// takeEpochs is the process to be killed: it takes epochs for ever, and says each once it has it.
func takeEpochs(dir string) {
	ctx := context.Background()
	rows, err := sqlite.Open(ctx, dir)
	if err != nil {
		panic(err)
	}
	secret, err := channel.OpenSecret(dir)
	if err != nil {
		panic(err)
	}
	r, err := channel.Open(ctx, channel.Config{Rows: rows, Secret: secret})
	if err != nil {
		panic(err)
	}
	c, err := r.ByName(ctx, "reef")
	if err != nil {
		panic(err)
	}
	for {
		epoch, err := r.NextEpoch(ctx, c.ID)
		if err != nil {
			panic(err)
		}
		fmt.Println(epoch)
	}
}

// An epoch that was seen outside never comes again, wherever the process is killed. (A killed process does not show what
// a power cut would: that is what synchronous=FULL is for.)
func TestEpochNeverRepeatsAfterKill(t *testing.T) {
	dir := t.TempDir()
	add(t, open(t, dir), "reef")
	highest := uint64(0)
	seen := 0
	for range kills {
		last, count := runAndKill(t, dir, highest, 1+rand.IntN(40))
		highest, seen = last, seen+count
	}
	t.Logf("%d epochs in %d processes, the last is %d", seen, kills, highest)
}

// runAndKill starts a process, kills it after it has said so many epochs, and returns the highest of all it said.
func runAndKill(t *testing.T, dir string, highest uint64, after int) (last uint64, count int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), killedDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() { // to the end: what it said between the decision and the death counts too
		epoch, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			t.Fatalf("the process said %q", lines.Text())
		}
		if epoch <= highest {
			t.Fatalf("epoch %d after epoch %d", epoch, highest)
		}
		highest = epoch
		if count++; count == after {
			_ = cmd.Process.Kill()
		}
	}
	_ = cmd.Wait() // "signal: killed"
	if count < after {
		t.Fatalf("the process ended by itself after %d epochs", count)
	}
	return highest, count
}

package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// rooms are those that a publisher's bytes pass, live or in a file, until they are kept.
const rooms = "./server/ingest/... ./server/pack/... ./server/boxes ./server/ladder ./server/upload ./server/record"

// An input hangs if the engine, which says every three seconds how many are done, says the same so often, or nothing for so long. The
// first is the rule: a machine that was asleep for minutes makes nothing hang.
const (
	hungAfter  = 10
	muteForMax = 5 * time.Minute
)

// minimized is how often the engine tries to make an input smaller that led somewhere new. It takes a minute otherwise, in which
// nothing is counted: too long to be told from a hang.
const minimized = "100x"

// keptMax bounds what is kept of what a target says.
const keptMax = 64 << 10

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "parsers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("parsers", flag.ContinueOnError)
	inputs := flags.Int("n", 10_000_000, "`inputs` in all")
	jobs := flags.Int("jobs", 2, "`processes` at once")
	only := flags.String("only", "", "targets whose room and name contain this `word`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	all, err := targets(ctx, *only)
	if err != nil {
		return err
	}
	each := (*inputs + len(all) - 1) / len(all)
	fmt.Printf("%-26s %-16s %11s %9s %7s %8s\n", "room", "target", "inputs", "a second", "failed", "seconds")
	total, failed, began := 0, 0, time.Now()
	for _, t := range all {
		since := time.Now()
		done, err := t.mutate(ctx, each, *jobs)
		took := time.Since(since)
		total += done
		wrong := 0
		if err != nil {
			wrong = 1
			failed++
		}
		fmt.Printf("%-26s %-16s %11d %9.0f %7d %8.0f\n", t.room, t.name, done, float64(done)/took.Seconds(), wrong, took.Seconds())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		if ctx.Err() != nil {
			return errors.New("it was interrupted")
		}
	}
	fmt.Printf("%-26s %-16s %11d %9s %7d %8.0f\n", "all", strconv.Itoa(len(all)), total, "", failed, time.Since(began).Seconds())
	if failed > 0 {
		return fmt.Errorf("%d of %d targets failed", failed, len(all))
	}
	if total < *inputs {
		return fmt.Errorf("%d inputs were run, %d were asked for", total, *inputs)
	}
	return nil
}

// target is a fuzz target.
type target struct{ room, name string }

func targets(ctx context.Context, only string) (all []target, err error) {
	out, err := exec.CommandContext(ctx, "go", append([]string{"list"}, strings.Fields(rooms)...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("list the rooms: %w", err)
	}
	for room := range strings.FieldsSeq(string(out)) {
		found, err := exec.CommandContext(ctx, "go", "test", "-list", "^Fuzz", room).Output()
		if err != nil {
			return nil, fmt.Errorf("list the targets of %s: %w", room, err)
		}
		for name := range strings.FieldsSeq(string(found)) {
			t := target{strings.TrimPrefix(room, "shoal/"), name}
			if strings.HasPrefix(name, "Fuzz") && strings.Contains(t.room+" "+t.name, only) {
				all = append(all, t)
			}
		}
	}
	if len(all) == 0 {
		return nil, errors.New("there is no target of that name")
	}
	return all, nil
}

// mutate runs a target and returns how many inputs were done.
func (t target) mutate(ctx context.Context, inputs, jobs int) (done int, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-fuzz", "^"+t.name+"$", "-fuzztime", strconv.Itoa(inputs)+"x", "-fuzzminimizetime", minimized,
		"-parallel", strconv.Itoa(jobs), "./"+t.room)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	words := &tail{}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	watch := &watch{hung: func() { cancel(errors.New("an input was not done within half a minute")) }}
	watch.follow(io.TeeReader(out, words))
	err = cmd.Wait()
	if cause := context.Cause(ctx); cause != nil {
		err = errors.Join(err, cause)
	}
	if err != nil {
		return watch.done, fmt.Errorf("%s %s: %w\n%s", t.room, t.name, err, words.kept)
	}
	return watch.done, nil
}

// watch reads the engine's count.
type watch struct {
	done int
	same int // how often in a row that was said
	hung func()
}

var counted = regexp.MustCompile(`^fuzz: elapsed: .* execs: (\d+)`)

func (w *watch) follow(r io.Reader) {
	timer := time.NewTimer(muteForMax)
	timer.Stop() // building takes as long as it takes
	lines := make(chan int)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(r)
		for scanner.Scan() {
			if found := counted.FindSubmatch(scanner.Bytes()); found != nil {
				n, _ := strconv.Atoi(string(found[1])) // only digits matched
				lines <- n
			}
		}
		_, _ = io.Copy(io.Discard, r) // a line too long to be a count: the rest is no count either
	}()
	for {
		select {
		case n, more := <-lines:
			if !more {
				timer.Stop()
				return
			}
			timer.Reset(muteForMax)
			if w.same++; n > w.done || n == 0 {
				w.same = 0
			}
			if w.done = n; w.same == hungAfter {
				w.hung() // ends the process, and with it the lines
			}
		case <-timer.C:
			w.hung() // ends the process, and with it the lines
		}
	}
}

// tail keeps the end of what is written to it.
type tail struct{ kept []byte }

// Write is of io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.kept = append(t.kept, b...)
	if over := len(t.kept) - keptMax; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(b), nil
}

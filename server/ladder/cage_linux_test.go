package ladder

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// inspected starts a worker that waits for its input, and ends it when the test is over.
func inspected(t *testing.T, l *Ladder, args []string) (w *worker, end func() error) {
	t.Helper()
	events := make(chan event)
	w, err := begin(l.best.cage, l.tool, args, 1, events)
	if err != nil {
		t.Fatal(err)
	}
	return w, func() error {
		for e := range events {
			if e.ended {
				return e.why
			}
		}
		return nil
	}
}

func TestWorkersAreCaged(t *testing.T) {
	l, _ := opened(t, "240p", nil)
	w, end := inspected(t, l, arguments(l.best.encoder, Spec{rungs: []Rung{{240, 350}}}.sizes(Picture{Width: 640, Height: 360}), []int64{0}))
	proc := fmt.Sprintf("/proc/%d/", w.cmd.Process.Pid)
	status, err := os.ReadFile(proc + "status")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(status), "NoNewPrivs:\t1") {
		t.Errorf("it may gain privileges: %s", status)
	}
	limits, err := os.ReadFile(proc + "limits")
	if err != nil {
		t.Fatal(err)
	}
	for what, most := range map[string]int{"Max address space": memoryMax, "Max cpu time": cpuMax, "Max open files": filesMax, "Max file size": 0, "Max core file size": 0} {
		found := false
		for line := range strings.Lines(string(limits)) {
			found = found || strings.HasPrefix(line, what) && strings.Contains(line, fmt.Sprintf(" %d ", most))
		}
		if !found {
			t.Errorf("%s is not %d: %s", what, most, limits)
		}
	}
	own, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	its, err := os.Readlink(proc + "ns/net")
	if err != nil {
		t.Fatal(err)
	}
	if l.best.cage.network == (its == own) {
		t.Errorf("its network is %s, ours %s; the cage says that it has one of its own: %v", its, own, l.best.cage.network)
	}
	if l.best.cage.network == strings.Contains(strings.Join(l.best.cage.missing(), ","), netName) {
		t.Errorf("what is said to be missing: %v", l.best.cage.missing())
	}
	if environment, err := os.ReadFile(proc + "environ"); err != nil || len(environment) > 0 {
		t.Errorf("it was told %q, %v", environment, err)
	}
	w.stop()
	if err := end(); err == nil {
		t.Error("a killed worker ended well")
	}
}

// Whatever a publisher has ffmpeg find in a stream, it opens no file and no connection.
func TestWorkersOpenNothing(t *testing.T) {
	l, _ := opened(t, "240p", nil)
	heard, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer heard.Close()
	file := t.TempDir() + "/clip.mp4"
	clip, err := os.ReadFile("../../cmd/shoal/demo/clip.mp4")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, clip, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, input := range []string{file, "file:" + file, "http://" + heard.Addr().String(), "tcp://" + heard.Addr().String(), "concat:" + file} {
		args := arguments(l.best.encoder, []size{{426, 240, 350}}, []int64{0})
		for i, a := range args {
			if a == "pipe:0" {
				args[i] = input
			}
		}
		_, end := inspected(t, l, args)
		if err := end(); err == nil || !strings.Contains(err.Error(), "not on whitelist") {
			t.Errorf("%s: %v", input, err)
		}
	}
	if err := heard.(*net.TCPListener).SetDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if c, err := heard.Accept(); err == nil {
		t.Errorf("somebody called: %v", c.RemoteAddr())
	}
}

// Whoever may not raise a bound that is tighter already, as root in some containers and everyone else, has no need to.
func TestATighterBoundStays(t *testing.T) {
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Process.Kill(); _ = child.Wait() }()
	for _, most := range []uint64{100, 50, 80} {
		if err := limit(child.Process.Pid, unix.RLIMIT_NOFILE, most); err != nil {
			t.Fatal(err)
		}
	}
	var now unix.Rlimit
	if err := unix.Prlimit(child.Process.Pid, unix.RLIMIT_NOFILE, nil, &now); err != nil || now.Max != 50 || now.Cur != 50 {
		t.Errorf("%+v, %v: 50 files were the tightest bound", now, err)
	}
}

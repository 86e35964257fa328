package ladder

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// canaryWord makes the test binary a canary: it tries what a worker that was taken over would try, and says what worked.
const canaryWord = "canary"

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == canaryWord {
		sing(os.Stdout, os.Args[2], os.Args[3])
		return
	}
	goleak.VerifyTestMain(m)
}

// sing is the canary. Its words are a directory that everybody may write to and the address of a TCP listener.
func sing(out io.Writer, dir, tcp string) {
	try := func(what string, err error) {
		if err == nil {
			fmt.Fprintln(out, what)
		}
	}
	dial := func(network, to string) error {
		c, err := net.Dial(network, to)
		if err == nil {
			_, err = c.Write([]byte("out"))
		}
		return err
	}
	read := func(path string) error { _, err := os.ReadFile(path); return err }
	try("reads the users' names", read("/etc/passwd"))
	try("reads a file", read(filepath.Join(dir, "secret")))
	try("reads its server's words", read(fmt.Sprintf("/proc/%d/cmdline", os.Getppid())))
	_, err := os.ReadDir(dir)
	try("lists a directory", err)
	try("makes a file", os.WriteFile(filepath.Join(dir, "made"), nil, 0o644))
	f, err := os.OpenFile(filepath.Join(dir, "open"), os.O_WRONLY|os.O_APPEND, 0)
	try("opens a file for writing", err)
	if err == nil {
		_, err = f.WriteString("more")
		try("writes", err)
	}
	try("empties a file", os.Truncate(filepath.Join(dir, "open"), 0))
	try("removes a file", os.Remove(filepath.Join(dir, "spare")))
	try("makes a directory", os.Mkdir(filepath.Join(dir, "room"), 0o777))
	try("makes a link", os.Symlink("/etc", filepath.Join(dir, "link")))
	try("opens a device for writing", os.WriteFile("/dev/null", []byte("out"), 0))
	try("calls over TCP", dial("tcp", tcp))
	try("sends over UDP", dial("udp", tcp))
	try("calls over a socket in a directory", dial("unix", filepath.Join(dir, "socket")))
	try("calls over an abstract socket", dial("unix", "@"+filepath.Join(dir, "socket")))
	for what, family := range map[string]int{"IPv4": syscall.AF_INET, "UNIX": syscall.AF_UNIX, "NETLINK": syscall.AF_NETLINK} {
		_, err := syscall.Socket(family, syscall.SOCK_DGRAM, 0)
		try("opens a socket: "+what, err)
	}
	try("runs another program", exec.Command("/bin/true").Run())
	fmt.Fprintln(out, "has sung")
}

// aviary is what a canary finds outside: all that it tries works there.
func aviary(t *testing.T) (program, dir, tcp string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "shoal-canary-*") // t.TempDir is below a directory that nobody may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	self, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	program = filepath.Join(dir, "program")
	for name, b := range map[string][]byte{program: self, filepath.Join(dir, "secret"): []byte("key"), filepath.Join(dir, "open"): nil} {
		if err := os.WriteFile(name, b, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, open := range []string{dir, filepath.Join(dir, "open")} {
		if err := os.Chmod(open, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	var addresses []string
	for _, at := range [][2]string{{"tcp", "127.0.0.1:0"}, {"unix", filepath.Join(dir, "socket")}, {"unix", "@" + filepath.Join(dir, "socket")}} {
		l, err := net.Listen(at[0], at[1])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() }) //nolint:errcheck // nothing hangs on it
		addresses = append(addresses, l.Addr().String())
	}
	if err := os.Chmod(filepath.Join(dir, "socket"), 0o777); err != nil {
		t.Fatal(err)
	}
	return program, dir, addresses[0]
}

// heard is what a canary says that start started.
func heard(t *testing.T, start func(*exec.Cmd) error) []string {
	t.Helper()
	program, dir, tcp := aviary(t)
	if err := os.WriteFile(filepath.Join(dir, "spare"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	cmd := exec.Command(program, canaryWord, dir, tcp)
	cmd.Env = surroundings()
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := start(cmd); err != nil {
		t.Fatalf("%v: %s", err, errs.Bytes())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if last := len(lines) - 1; lines[last] != "has sung" {
		t.Fatalf("the canary died: %q: %s", lines, errs.Bytes())
	}
	return slices.DeleteFunc(lines, func(l string) bool { return l == "has sung" })
}

// A worker that was taken over reads, writes, runs and calls nothing, though all of it stands open to any user.
func TestCanary(t *testing.T) {
	l, _ := opened(t, "240p", nil)
	outside := heard(t, (*exec.Cmd).Run)
	if want := 20; len(outside) != want {
		t.Fatalf("of %d tries these work outside: %q", want, outside)
	}
	in := func(c cage) []string {
		return heard(t, func(cmd *exec.Cmd) error {
			ended, err := c.start(cmd)
			if err != nil {
				return err
			}
			return <-ended
		})
	}
	if lockVersion() == 0 || !filterable() {
		if !l.best.cage.locked && !slices.Contains(l.best.cage.missing(), lockName) || !l.best.cage.filter && !slices.Contains(l.best.cage.missing(), filterName) {
			t.Fatalf("what is said to be missing: %q", l.best.cage.missing())
		}
		t.Skip("this kernel has no Landlock or no seccomp, and the log says so")
	}
	if !l.best.cage.locked || !l.best.cage.filter {
		t.Fatalf("ffmpeg runs in a weaker cage only: it misses %q", l.best.cage.missing())
	}
	if caged := in(l.best.cage); len(caged) > 0 {
		t.Errorf("in the cage it %q", caged)
	}
	// Each protection stands alone, too: of a worker with the server's user and network.
	for _, s := range in(cage{locked: true}) {
		if !strings.Contains(s, "socket") && !strings.Contains(s, "UDP") && !strings.Contains(s, "TCP") || strings.Contains(s, "TCP") && lockVersion() >= lockTCP {
			t.Errorf("with rules for files it %s", s)
		}
	}
	for _, s := range in(cage{filter: true}) {
		if strings.Contains(s, "socket") || strings.Contains(s, "TCP") || strings.Contains(s, "UDP") {
			t.Errorf("with a filter of system calls it %s", s)
		}
	}
	// What is given to the worker's thread stays there.
	if _, err := os.ReadFile("/etc/passwd"); err != nil {
		t.Errorf("the server is caged, too: %v", err)
	}
	if again := heard(t, (*exec.Cmd).Run); len(again) != len(outside) {
		t.Errorf("what the server starts is caged, too: %q", again)
	}
}

// The real ffmpeg reads nothing in its cage, even if its own lists permit it.
func TestFfmpegReadsNothing(t *testing.T) {
	l, _ := opened(t, "240p", nil)
	if !l.best.cage.locked {
		t.Skip("this kernel has no Landlock, and the log says so")
	}
	_, dir, tcp := aviary(t)
	clip, err := os.ReadFile("../../cmd/shoal/demo/clip.mp4")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "clip.mp4")
	if err := os.WriteFile(file, clip, 0o644); err != nil {
		t.Fatal(err)
	}
	run := func(c *cage, args ...string) (string, error) {
		var errs bytes.Buffer
		cmd := exec.Command(l.tool, append([]string{"-hide_banner", "-nostdin", "-loglevel", "error", "-y"}, args...)...)
		cmd.Env, cmd.Stderr = surroundings(), &errs
		if c == nil {
			return errs.String(), cmd.Run()
		}
		ended, err := c.start(cmd)
		if err != nil {
			return "", err
		}
		err = <-ended
		return errs.String(), err
	}
	if said, err := run(nil, "-i", file, "-f", "null", "-"); err != nil {
		t.Fatalf("outside: %v: %s", err, said)
	}
	if said, err := run(&l.best.cage, "-i", file, "-f", "null", "-"); err == nil || !strings.Contains(said, "Permission denied") {
		t.Errorf("it reads %s: %v: %s", file, err, said)
	}
	if said, err := run(&l.best.cage, "-f", "lavfi", "-i", "testsrc", "-frames:v", "1", "-f", "mp4", filepath.Join(dir, "out.mp4")); err == nil || !strings.Contains(said, "Permission denied") {
		t.Errorf("it writes: %v: %s", err, said)
	}
	if said, err := run(&l.best.cage, "-i", "tcp://"+tcp, "-f", "null", "-"); err == nil {
		t.Errorf("it calls %s: %s", tcp, said)
	}
}

package ladder

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	seccomp "github.com/elastic/go-seccomp-bpf"
	landlock "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// Bounds on a worker, which the kernel holds.
const (
	memoryMax = 4 << 30      // bytes of addresses; a 2160p source with four rungs takes 2 GB
	cpuMax    = 24 * 60 * 60 // seconds of processor time; then it is started again
	filesMax  = 64           // open files
	niceness  = 5            // the live goes first: it has three times the share of a busy machine
	oomScore  = 800          // of 1000: when memory is short the worker goes first
	nobody    = 65534
)

// What the log calls the protections.
const (
	nobodyName = "a user of its own"
	netName    = "a network of its own"
	lockName   = "only its own files (Landlock: Linux 5.13 or newer, if it is turned on there)"
	tcpName    = "no TCP by Landlock (Linux 6.7 or newer)"
	scopesName = "no signals and abstract sockets by Landlock (Linux 6.12 or newer)"
	filterName = "a filter of system calls (seccomp)"
	memoryName = "a bound on memory (hardware encoders map more than there is)"
)

// cage is what keeps a worker in.
type cage struct {
	network bool     // a network namespace without any interface
	nested  bool     // the same for who is not root: within a user namespace
	nobody  bool     // not as root
	locked  bool     // it reads and runs its own files only, and writes none
	filter  bool     // it makes no system calls that it has no use for
	lent    *os.File // what it may read besides; nil: nothing
	devices bool     // hardware encoders map more memory than there is, and need devices that nobody may open
}

// cages are tried in this order: the first in which a worker starts is taken.
func cages(devices bool) (all []cage) {
	rooms := []cage{{network: true, nested: true}, {}}
	if os.Geteuid() == 0 {
		rooms = []cage{{network: true, nobody: true}, {network: true, nested: true}, {network: true}, {nobody: true}, {}}
	}
	locked, filtered := lockVersion() > 0, filterable()
	for _, c := range rooms {
		if c.nobody && devices {
			continue
		}
		c.devices = devices
		c.locked, c.filter = locked, filtered
		all = append(all, c)
		c.locked, c.filter = false, filtered
		all = append(all, c)
		c.filter = false
		all = append(all, c)
	}
	return slices.Compact(all)
}

// missing names the protections that the cage lacks.
func (c cage) missing() (names []string) {
	note := func(lacks bool, name string) {
		if lacks {
			names = append(names, name)
		}
	}
	note(!c.network, netName)
	note(os.Geteuid() == 0 && !c.nobody, nobodyName)
	note(!c.locked, lockName)
	note(c.locked && lockVersion() < lockTCP, tcpName)
	note(c.locked && lockVersion() < lockScopes, scopesName)
	note(!c.filter, filterName)
	note(c.devices, memoryName)
	return names
}

// unlock takes the rules for files away, if there are any and if the machine has a device to which drivers could belong.
func (c *cage) unlock() bool {
	if !c.locked || !c.devices {
		return false
	}
	for _, pattern := range strings.Fields(devices) {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			c.locked = false
			return true
		}
	}
	return false
}

// lend lets what is started next read an open file, by its name in /dev/fd.
func (c *cage) lend(f *os.File) { c.lent = f }

func (c cage) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if c.network {
		a.Cloneflags = syscall.CLONE_NEWNET
	}
	if c.nested {
		a.Cloneflags |= syscall.CLONE_NEWUSER // no user is mapped into it: the worker is nobody there
	}
	if c.nobody {
		a.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return a
}

// start starts cmd in the cage. ended tells once how it ended. The thread that starts it gives up its privileges, its files and
// its place in the queue first, which the child inherits, and lives as long as the child: the kernel ends the child with it.
func (c cage) start(cmd *exec.Cmd) (ended <-chan error, err error) {
	cmd.SysProcAttr = c.attributes()
	if cmd.Stdin == nil { // what is not said would be /dev/null, which that thread cannot open
		cmd.Stdin = strings.NewReader("")
	}
	if cmd.Stdout == nil {
		cmd.Stdout = io.Discard
	}
	if cmd.Stderr == nil {
		cmd.Stderr = io.Discard
	}
	started, over := make(chan error, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with this goroutine
		err := c.enter(cmd.Path)
		if err == nil {
			err = cmd.Start()
		}
		started <- err
		if err == nil {
			over <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	if err := bound(cmd.Process.Pid, c.devices); err != nil {
		kill(cmd)
		return nil, errors.Join(err, ignoreExit(<-over))
	}
	return over, nil
}

// enter takes on the calling thread what the child is to inherit.
func (c cage) enter(program string) error {
	err := errors.Join(
		unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
		unix.Setpriority(unix.PRIO_PROCESS, 0, niceness),
	)
	if err == nil && c.locked {
		err = c.lockUp(program)
	}
	if err == nil && c.filter {
		f, filterErr := filter()
		if err = filterErr; err == nil {
			err = seccomp.LoadFilter(f)
		}
	}
	return err
}

func (c cage) lockUp(program string) error {
	rules, err := lock(program, c.devices, c.lent)
	if err != nil {
		return err
	}
	return errors.Join(landlock.LandlockRestrictSelf(int(rules.Fd()), 0), rules.Close())
}

func ignoreExit(err error) error {
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil
	}
	return err
}

// bound has the kernel hold the child's bounds.
func bound(pid int, devices bool) error {
	limits := []struct {
		resource int
		most     uint64
	}{{unix.RLIMIT_CPU, cpuMax}, {unix.RLIMIT_NOFILE, filesMax}, {unix.RLIMIT_FSIZE, 0}, {unix.RLIMIT_CORE, 0}, {unix.RLIMIT_AS, memoryMax}}
	if devices {
		limits = limits[:len(limits)-1]
	}
	for _, l := range limits {
		if err := limit(pid, l.resource, l.most); err != nil {
			return err
		}
	}
	// Whether memory is taken from it first is a courtesy: a kernel that does not know of it does no harm.
	_ = os.WriteFile("/proc/"+strconv.Itoa(pid)+"/oom_score_adj", []byte(strconv.Itoa(oomScore)), 0)
	return nil
}

// limit bounds a resource of a child, or leaves a bound that is tighter already: not even root may raise that everywhere.
func limit(pid, resource int, most uint64) error {
	var old unix.Rlimit
	err := unix.Prlimit(pid, resource, nil, &old)
	if most = min(most, old.Max); err == nil {
		err = unix.Prlimit(pid, resource, &unix.Rlimit{Cur: most, Max: most}, nil)
	}
	if err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("bound the worker (resource %d): %w", resource, err)
	}
	return nil
}

// kill ends the child and whatever it started.
func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // ESRCH: it has ended

package ladder

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Bounds on a worker, which the kernel holds.
const (
	memoryMax  = 4 << 30      // bytes of addresses; a 2160p source with four rungs takes 2 GB
	cpuMax     = 24 * 60 * 60 // seconds of processor time; then it is started again
	filesMax   = 64           // open files
	niceness   = 5            // the live goes first: it has three times the share of a busy machine
	oomScore   = 800          // of 1000: when memory is short the worker goes first
	nobody     = 65534
	nobodyName = "a user of its own"
	netName    = "a network of its own"
)

// cage is what keeps a worker in.
type cage struct {
	network bool // a network namespace without any interface
	nested  bool // the same for who is not root: within a user namespace
	nobody  bool // not as root
	devices bool // hardware encoders map more memory than there is, and need devices that nobody may open
}

// cages are tried in this order: the first in which a worker starts is taken.
func cages(devices bool) []cage {
	if os.Geteuid() != 0 {
		return []cage{{network: true, nested: true, devices: devices}, {devices: devices}}
	}
	all := []cage{{network: true, nobody: true}, {network: true, nested: true}, {network: true}, {nobody: true}, {}}
	for i := range all {
		all[i].devices = devices
	}
	if devices {
		all = slices.DeleteFunc(all, func(c cage) bool { return c.nobody })
	}
	return all
}

// missing names the protections that the cage lacks.
func (c cage) missing() (names []string) {
	if !c.network {
		names = append(names, netName)
	}
	if os.Geteuid() == 0 && !c.nobody {
		names = append(names, nobodyName)
	}
	if c.devices {
		names = append(names, "a bound on memory (hardware encoders map more than there is)")
	}
	return append(names, "a file system of its own (it opens pipes only)")
}

func (c cage) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if c.network {
		a.Cloneflags = syscall.CLONE_NEWNET
	}
	if c.nested {
		a.Cloneflags |= syscall.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getgid(), Size: 1}}
	}
	if c.nobody {
		a.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return a
}

// start starts cmd in the cage. ended tells once how it ended. The thread that starts it gives up its privileges and its place
// in the queue first, which the child inherits, and lives as long as the child: the kernel ends the child with it.
func (c cage) start(cmd *exec.Cmd) (ended <-chan error, err error) {
	cmd.SysProcAttr = c.attributes()
	started, over := make(chan error, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with this goroutine
		err := errors.Join(
			unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
			unix.Setpriority(unix.PRIO_PROCESS, 0, niceness),
		)
		if err == nil {
			err = cmd.Start()
		}
		if err == nil {
			err = c.bound(cmd.Process.Pid)
			if err != nil {
				kill(cmd)
				err = errors.Join(err, ignoreExit(cmd.Wait()))
			}
		}
		started <- err
		if err == nil {
			over <- cmd.Wait()
		}
	}()
	return over, <-started
}

func ignoreExit(err error) error {
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil
	}
	return err
}

// bound has the kernel hold the child's bounds.
func (c cage) bound(pid int) error {
	limits := []struct {
		resource int
		most     uint64
	}{{unix.RLIMIT_CPU, cpuMax}, {unix.RLIMIT_NOFILE, filesMax}, {unix.RLIMIT_FSIZE, 0}, {unix.RLIMIT_CORE, 0}, {unix.RLIMIT_AS, memoryMax}}
	if c.devices {
		limits = limits[:len(limits)-1]
	}
	for _, l := range limits {
		if err := unix.Prlimit(pid, l.resource, &unix.Rlimit{Cur: l.most, Max: l.most}, nil); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("bound the worker: %w", err)
		}
	}
	// Whether memory is taken from it first is a courtesy: a kernel that does not know of it does no harm.
	_ = os.WriteFile("/proc/"+strconv.Itoa(pid)+"/oom_score_adj", []byte(strconv.Itoa(oomScore)), 0)
	return nil
}

// kill ends the child and whatever it started.
func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // ESRCH: it has ended

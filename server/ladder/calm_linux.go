package ladder

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Bounds on a worker of a Darkroom, beside those of its cage.
const (
	stillMemory = 512 << 20 // bytes of addresses
	stillCPU    = 30        // seconds of processor time
	lastInQueue = 19        // niceness
)

// calm puts a child behind everything else on the machine, and bounds it to what a few pictures take.
func calm(pid int) error {
	err := idle(pid)
	for resource, most := range map[int]uint64{unix.RLIMIT_AS: stillMemory, unix.RLIMIT_CPU: stillCPU} {
		err = errors.Join(err, limit(pid, resource, most))
	}
	return err
}

// idle gives a child the processors only while nobody else wants them, as far as the kernel knows how: what is live goes first.
func idle(pid int) error {
	_ = unix.SchedSetAttr(pid, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}, 0) // a container may forbid it: then it is nice
	if err := unix.Setpriority(unix.PRIO_PROCESS, pid, lastInQueue); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("put the worker last: %w", err)
	}
	return nil
}

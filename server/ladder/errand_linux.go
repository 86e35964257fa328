package ladder

import "golang.org/x/sys/unix"

// tighten holds a child to less than the cage does: an errand reads what a stranger sent, and can wait.
func tighten(pid int, memory uint64) error {
	if err := limit(pid, unix.RLIMIT_AS, memory); err != nil {
		return err
	}
	_ = unix.Setpriority(unix.PRIO_PROCESS, pid, errandNiceness) // ESRCH: it has ended already
	return nil
}

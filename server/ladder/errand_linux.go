package ladder

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// tighten holds a child to less than the cage does: an errand reads what a stranger sent, and can wait.
func tighten(pid int, memory uint64) error {
	if err := unix.Prlimit(pid, unix.RLIMIT_AS, &unix.Rlimit{Cur: memory, Max: memory}, nil); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("bound the errand: %w", err)
	}
	_ = unix.Setpriority(unix.PRIO_PROCESS, pid, errandNiceness) // ESRCH: it has ended already
	return nil
}

package ladder

import (
	"slices"
	"strings"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
)

// never are the system calls that no encoder needs: sockets, other processes' memory, and the parts of the kernel in which most
// ways out of cages were found.
const never = `socket socketpair socketcall connect bind listen accept accept4
	io_uring_setup io_uring_enter io_uring_register
	ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp
	bpf perf_event_open userfaultfd keyctl add_key request_key
	mount umount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr setns unshare
	init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff acct quotactl quotactl_fd syslog
	settimeofday clock_settime clock_adjtime adjtimex name_to_handle_at open_by_handle_at lookup_dcookie nfsservctl
	sethostname setdomainname vhangup iopl ioperm modify_ldt landlock_create_ruleset seccomp`

// filter permits every system call that is known but for these. What is not known, and the calls of another processor's
// numbering, by which the same ones could be reached, are denied, too.
func filter() (seccomp.Filter, error) {
	known, err := arch.GetInfo("")
	if err != nil {
		return seccomp.Filter{}, err
	}
	denied := strings.Fields(never)
	var allowed []string
	for _, name := range known.SyscallNumbers {
		if !slices.Contains(denied, name) {
			allowed = append(allowed, name)
		}
	}
	slices.Sort(allowed)
	return seccomp.Filter{Policy: seccomp.Policy{
		DefaultAction: seccomp.ActionErrno,
		Syscalls:      []seccomp.SyscallGroup{{Names: slices.Compact(allowed), Action: seccomp.ActionAllow}},
	}}, nil
}

// filterable reports whether the kernel and this processor know filters.
func filterable() bool {
	_, err := filter()
	return err == nil && seccomp.Supported()
}

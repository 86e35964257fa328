package ladder

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	landlock "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// What a worker may do with the files that it needs; whatever else there is of files is denied.
const (
	toRead    = landlock.AccessFSReadFile | landlock.AccessFSReadDir
	toRun     = landlock.AccessFSReadFile | landlock.AccessFSExecute
	toControl = toRead | landlock.AccessFSWriteFile | landlock.AccessFSIoctlDev
)

// The versions of Landlock, each with the Linux that brought it, that deny more than files.
const (
	lockTCP    = 4 // Linux 6.7
	lockScopes = 6 // Linux 6.12: signals and abstract sockets
)

// libraries are where systems keep what programs are linked to, and the list of it; stores are where some keep all.
const (
	libraries = "/lib /lib64 /usr/lib /usr/lib64 /usr/local/lib /usr/local/lib64 /etc/ld.so.cache"
	stores    = "/nix/store /gnu/store"
	// machine says how many processors there are.
	machine = "/sys/devices/system"
	// drivers and devices are for encoders in hardware.
	drivers = "/sys /usr/share /proc/driver /proc/devices /proc/modules"
	devices = "/dev/dri /dev/dxg /dev/nvidia*"
)

// lockVersion is the kernel's version of Landlock, 0 without any.
func lockVersion() int {
	version, err := landlock.LandlockGetABIVersion()
	if err != nil {
		return 0
	}
	return version
}

// denied is what a version can deny: all of it is denied, but for the rules.
func denied(version int) (d landlock.RulesetAttr) {
	d.HandledAccessFS = landlock.AccessFSRefer - 1
	for _, step := range []struct {
		version int
		files   uint64
		network uint64
		scopes  uint64
	}{
		{version: 2, files: landlock.AccessFSRefer},
		{version: 3, files: landlock.AccessFSTruncate},
		{version: lockTCP, network: landlock.AccessNetBindTCP | landlock.AccessNetConnectTCP},
		{version: 5, files: landlock.AccessFSIoctlDev},
		{version: lockScopes, scopes: landlock.ScopeAbstractUnixSocket | landlock.ScopeSignal},
		{version: 9, files: landlock.AccessFSResolveUnix},
		{version: 10, network: landlock.AccessNetBindUDP | landlock.AccessNetConnectSendUDP},
	} {
		if version >= step.version {
			d.HandledAccessFS |= step.files
			d.HandledAccessNet |= step.network
			d.Scoped |= step.scopes
		}
	}
	return d
}

// lock makes the rules under which a program may only read and run what it is made of. The caller closes them. The rules hold
// for the thread that takes them on and for what it starts: Go's own words for Landlock bind the whole process, which is why
// the system calls stand here.
func lock(program string, hardware bool, lent *os.File) (rules *os.File, err error) {
	d := denied(lockVersion())
	fd, err := landlock.LandlockCreateRuleset(&d, 0)
	if err != nil {
		return nil, fmt.Errorf("make rules for files: %w", err)
	}
	rules = os.NewFile(uintptr(fd), "landlock")
	allow := func(access uint64, paths ...string) {
		for _, path := range paths {
			err = errors.Join(err, permit(rules, path, access&d.HandledAccessFS))
		}
	}
	allow(toRun, program)
	if loader := loader(program); loader != "" {
		allow(toRun, loader)
	}
	own := filepath.Join(filepath.Dir(filepath.Dir(resolved(program))), "lib") // what is installed in a place of its own
	allow(toRead, append(strings.Fields(libraries+" "+stores+" "+machine), own)...)
	for _, name := range []string{"LD_LIBRARY_PATH", "LIBVA_DRIVERS_PATH"} {
		allow(toRead, filepath.SplitList(os.Getenv(name))...)
	}
	if hardware {
		allow(toRead, strings.Fields(drivers)...)
		for _, pattern := range strings.Fields(devices) {
			found, globErr := filepath.Glob(pattern)
			err = errors.Join(err, globErr)
			allow(toControl, found...)
		}
	}
	if lent != nil {
		err = errors.Join(err, permitOpen(rules, int(lent.Fd()), landlock.AccessFSReadFile))
	}
	if err != nil {
		return nil, errors.Join(err, rules.Close())
	}
	return rules, nil
}

// permitOpen adds a rule for what is open already, so that the child may open it again by /dev/fd.
func permitOpen(rules *os.File, fd int, access uint64) error {
	if err := landlock.LandlockAddPathBeneathRule(int(rules.Fd()), &landlock.PathBeneathAttr{ParentFd: fd, AllowedAccess: access}, 0); err != nil {
		return fmt.Errorf("a rule for a file that is lent: %w", err)
	}
	return nil
}

// permit adds a rule for what lies at or below a path. One that is not there needs none.
func permit(rules *os.File, path string, access uint64) error {
	if !filepath.IsAbs(path) {
		return nil // an empty word of a list means the working directory: not here
	}
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.EACCES) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("a rule for %s: %w", path, err)
	}
	defer unix.Close(fd) //nolint:errcheck // it names a place only
	var is unix.Stat_t
	if err := unix.Fstat(fd, &is); err != nil {
		return fmt.Errorf("a rule for %s: %w", path, err)
	}
	if is.Mode&unix.S_IFMT != unix.S_IFDIR {
		access &^= landlock.AccessFSReadDir
	}
	if err := landlock.LandlockAddPathBeneathRule(int(rules.Fd()), &landlock.PathBeneathAttr{ParentFd: fd, AllowedAccess: access}, 0); err != nil {
		return fmt.Errorf("a rule for %s: %w", path, err)
	}
	return nil
}

func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// loader is the program that puts a program's libraries in place, which the kernel runs first; "" without one.
func loader(program string) string {
	f, err := elf.Open(program)
	if err != nil {
		return "" // a script, which needs more than it may have here, or nothing: starting it tells
	}
	defer f.Close() //nolint:errcheck // it was read only
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP || p.Filesz > unix.PathMax {
			continue
		}
		if name, err := io.ReadAll(p.Open()); err == nil {
			return strings.TrimRight(string(name), "\x00")
		}
	}
	return ""
}

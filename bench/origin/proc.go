package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc: USER_HZ is 100 on every Linux of today.
const tick = 10 * time.Millisecond

// spent is the processor time that a process and its children that run have used.
func spent(pid int) (whole time.Duration) {
	for _, p := range append(children(pid), pid) {
		whole += alone(p)
	}
	return whole
}

// alone is the processor time of one process.
func alone(pid int) (whole time.Duration) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), ") ") // names may hold spaces
	fields := strings.Fields(rest)
	for _, at := range []int{11, 12} { // utime and stime
		n, _ := strconv.Atoi(fields[at]) // the kernel's own words
		whole += time.Duration(n) * tick
	}
	return whole
}

// resident is how much memory a process has, in bytes, with its children.
func resident(pid int) (whole int64) {
	for _, p := range append(children(pid), pid) {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p))
		if err != nil {
			continue
		}
		n, _ := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64) // the kernel's own words
		whole += n * int64(os.Getpagesize())
	}
	return whole
}

func children(pid int) (all []int) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // the pattern is well formed
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		for word := range strings.FieldsSeq(string(b)) {
			if n, err := strconv.Atoi(word); err == nil {
				all = append(all, n)
			}
		}
	}
	return all
}

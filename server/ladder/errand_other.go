//go:build !linux

package ladder

// tighten does nothing: the bounds are Linux's.
func tighten(int, uint64) error { return nil }

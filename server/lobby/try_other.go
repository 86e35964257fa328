//go:build !linux

package lobby

// try writes nothing: each answer is written by a goroutine.
func (s *seat) try([]byte, bool) (int, error) { return 0, nil }

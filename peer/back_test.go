package peer

import (
	"testing"
	"time"
)

func TestFewAreBackSoonAndManyNotAllAtOnce(t *testing.T) {
	for viewers, want := range map[int]time.Duration{0: time.Second, 200: time.Second, 400: 2 * time.Second, 1000: 5 * time.Second, 1_000_000: 10 * time.Second} {
		if got := longestBack(viewers); got != want {
			t.Errorf("with %d viewers the longest pause is %v, want %v", viewers, got, want)
		}
	}
}

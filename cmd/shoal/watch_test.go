package main

import (
	"bytes"
	"strings"
	"testing"

	"shoal/peer"
)

// Who watches without a screen is told when there was nothing to watch, and which distance cannot be kept.
func TestWatchSaysWhatIsWrong(t *testing.T) {
	var said bytes.Buffer
	c := &watchCommand{Link: "http://127.0.0.1:1/c/nobody", Seconds: 1}
	if err := c.Run(t.Context(), world{out: &said, err: &said}); err == nil || !strings.Contains(err.Error(), "nothing was played") || !strings.Contains(said.String(), "0 parts") {
		t.Errorf("of a server that is not there: %q, %v", said.String(), err)
	}
	c.Height = 300
	if says := c.otherwise(peer.Stats{Parts: 9, Lines: 480}); !strings.Contains(says, "the one of 480 lines was played") {
		t.Errorf("of a larger picture than was asked for: %q", says)
	}
	if says := c.otherwise(peer.Stats{Parts: 9, Lines: 240}); says != "" {
		t.Errorf("of the picture that was asked for: %q", says)
	}
	c = &watchCommand{Link: "http://127.0.0.1:1/c/nobody", Latency: 1}
	if err := c.Run(t.Context(), world{out: &said, err: &said}); err == nil || !strings.Contains(err.Error(), "from 2s to 10s") {
		t.Errorf("of a distance that nobody keeps: %v", err)
	}
}

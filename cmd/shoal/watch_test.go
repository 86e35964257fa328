package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"shoal/peer"
)

// untilWord is a log that calls stop when it has a word.
type untilWord struct {
	word string
	stop func()
}

func (u untilWord) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(u.word)) {
		u.stop()
	}
	return len(b), nil
}

// Who watches without a screen is told when there was nothing to watch, and which distance cannot be kept.
func TestWatchSaysWhatIsWrong(t *testing.T) {
	var said bytes.Buffer
	c := &watchCommand{Link: "http://127.0.0.1:1/c/nobody", Seconds: 1}
	if err := c.Run(t.Context(), world{out: &said, err: &said}); err == nil || !strings.Contains(err.Error(), "nothing was played: the server cannot be reached") || !strings.Contains(err.Error(), "connection refused") || !strings.Contains(said.String(), "0 parts") {
		t.Errorf("of a server that is not there: %q, %v", said.String(), err)
	}
	for answer, want := range map[string]string{
		`{"live":false}`: "nothing was played: the server answers, but the channel is not live",
		`{"live":true}`:  "nothing was played: the channel is live, but nothing of it came", // no track is known yet
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }))
		ctx, stop := context.WithCancel(t.Context())
		log := untilWord{"waiting for the channel", stop}
		c := &watchCommand{Link: server.URL + "/c/nobody", Verbose: true}
		if err := c.Run(ctx, world{out: io.Discard, err: log}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("where the server says %s: %v", answer, err)
		}
		server.Close()
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	if err := (&watchCommand{Link: server.URL + "/c/nobody"}).Run(t.Context(), world{out: io.Discard, err: io.Discard}); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("where there is no such channel: %v", err)
	}
	http.DefaultClient.CloseIdleConnections()
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

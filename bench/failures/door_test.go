package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/coder/websocket"

	"shoal/id"
	"shoal/wire/signal"
)

// behind opens a door before a server that knows one viewer and says one thing.
func behind(t *testing.T, says signal.FromTracker, rewrite func(signal.FromTracker) signal.FromTracker) *door {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case trackerPath:
			conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{signal.Subprotocol}})
			if err != nil {
				return
			}
			_ = conn.Write(r.Context(), websocket.MessageText, signal.EncodeTracker(says))
			_, _, _ = conn.Read(r.Context())
			_ = conn.CloseNow()
		default:
			_, _ = w.Write([]byte(`{"peer":"00000000000000ab"}`))
		}
	}))
	t.Cleanup(s.Close)
	d, err := openDoor(s.URL, rewrite)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func status(t *testing.T, url string) int {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

func TestADoorThatIsShutKeepsTheTrackerAndNothingElse(t *testing.T) {
	d := behind(t, signal.Ended{}, nil)
	join, media := d.at+"/api/v1/channels/a/join", d.at+"/hls/a/master.m3u8"
	if status(t, join) != http.StatusOK || d.name() != 0xab {
		t.Errorf("joined as %v", d.name())
	}
	conn, _, err := websocket.Dial(context.Background(), d.at+trackerPath, &websocket.DialOptions{Subprotocols: []string{signal.Subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow() //nolint:errcheck // a test's end
	if _, _, err := conn.Read(context.Background()); err != nil {
		t.Fatal(err)
	}
	d.keep(true)
	if _, _, err := conn.Read(context.Background()); err == nil {
		t.Error("the conversation went on")
	}
	if a, b := status(t, join), status(t, media); a == http.StatusOK || b != http.StatusOK {
		t.Errorf("shut: join %d, media %d", a, b)
	}
	d.keep(false)
	if a := status(t, join); a != http.StatusOK {
		t.Errorf("open again: join %d", a)
	}
}

func TestADoorSaysWhomToMeet(t *testing.T) {
	d := behind(t, signal.Peers{Dial: []id.Peer{1, 2, 3}}, func(m signal.FromTracker) signal.FromTracker {
		return only(m.(signal.Peers), func(p id.Peer) bool { return p != 2 })
	})
	conn, _, err := websocket.Dial(context.Background(), d.at+trackerPath, &websocket.DialOptions{Subprotocols: []string{signal.Subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow() //nolint:errcheck // a test's end
	_, text, err := conn.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if m, err := signal.DecodeTracker(text); err != nil || !slices.Equal(m.(signal.Peers).Dial, []id.Peer{1, 3}) {
		t.Errorf("told %s, %v", text, err)
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Who looks for a recording while its broadcast goes on, or waits for its publisher, is told when it will be there.
func TestListNamesTheRecordingInTheMaking(t *testing.T) {
	var recordings, channel string
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/channels/sea/recordings", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("token") == "" {
			t.Error("no pass: of a private channel nothing would be told")
		}
		fmt.Fprint(w, recordings)
	})
	mux.HandleFunc("GET /api/v1/channels/sea", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, channel) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	addChannel(t, dir, "sea")
	at := addresses{Public: server.URL, HTTP: strings.TrimPrefix(server.URL, "http://"), RTMP: "rtmp://127.0.0.1:1/live"}
	if err := at.save(dir); err != nil {
		t.Fatal(err)
	}
	const none = "Channel sea has no recording.\n"
	const growing, whole = `[{"epoch":7,"live":true,"lasts_s":63.9}]`, `[{"epoch":6,"live":false,"lasts_s":5}]`
	for _, c := range []struct{ recordings, channel, says string }{
		{growing, `{"live":true,"publishing":true}`, "A broadcast of sea goes on: its recording, 1m3s so far, is listed here when it has ended.\n" + none},
		{growing, `{"live":true,"publishing":false}`, "A broadcast of sea waits for its publisher to come back: its recording, 1m3s so far, is listed here when it has ended.\n" + none},
		{whole, `{"live":true,"publishing":true}`, none}, // it is not recorded
		{growing, `{"live":false,"publishing":false}`, none},
		{`nonsense`, `{"live":true}`, none},
	} {
		recordings, channel = c.recordings, c.channel
		if said, err := say(t, "recording", "list", "sea", "--data", dir); err != nil || said != c.says {
			t.Errorf("%s, %s: %q, %v", c.recordings, c.channel, said, err)
		}
	}
	recordings, channel = growing, `{"live":true,"publishing":true}`
	var rows []any
	if said, err := say(t, "recording", "list", "sea", "--json", "--data", dir); err != nil || json.Unmarshal([]byte(said), &rows) != nil || len(rows) != 0 {
		t.Errorf("as JSON: %q, %v", said, err)
	}
	server.Close()
	if said, err := say(t, "recording", "list", "sea", "--data", dir); err != nil || said != none {
		t.Errorf("without a server: %q, %v", said, err)
	}
}

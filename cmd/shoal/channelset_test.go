package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"shoal/server/channel"
)

// set runs `shoal channel set`, and returns what it says.
func (r *recorded) set(pairs ...string) string {
	r.t.Helper()
	said, err := shoal(append([]string{"channel", "set", "demo", "--data", r.data}, pairs...)...).CombinedOutput()
	if err != nil {
		r.t.Fatalf("%v: %v: %s", pairs, err, said)
	}
	return string(said)
}

// offers is what the API tells of what viewers may do.
func (r *recorded) offers() (told struct {
	RewindS float64 `json:"rewind_s"`
	Clips   bool    `json:"clips"`
	Latency float64 `json:"latency_s"`
}) {
	r.t.Helper()
	b, _ := r.get("/api/v1/channels/demo")
	if err := json.Unmarshal(b, &told); err != nil {
		r.t.Fatalf("%s: %v", b, err)
	}
	return told
}

// A channel's own settings go before the server's, beside a running server and after it has ended.
func TestAChannelsOwnSettings(t *testing.T) {
	r := newRecorded(t)
	r.serve("--ladder", "off", "--reconnect-window", "1h")
	if said := r.set("record=off", "rewind=90s", "clips=off", "reconnect_window=1s"); !strings.Contains(said, "record            off    its own") || !strings.Contains(said, "download          off    the server's") {
		t.Errorf("%s", said)
	}
	r.until("the server follows", func() bool { o := r.offers(); return o.RewindS == 90 && !o.Clips })
	link := "http://" + r.web + "/c/demo"
	if o, native := r.offers(), (&watchCommand{Link: link}).behind(t.Context()); o.Latency != 3 || native != 3*time.Second {
		t.Errorf("viewers are %v s behind live, native ones %v", o.Latency, native)
	}
	r.set("latency=4.5s")
	r.until("the server follows", func() bool { return r.offers().Latency == 4.5 })
	for c, want := range map[watchCommand]time.Duration{{Link: link}: 4500 * time.Millisecond, {Link: link, Latency: time.Second}: time.Second, {Link: "http://" + r.web + "/c/nobody"}: 0, {Link: "nowhere"}: 0} {
		if got := c.behind(t.Context()); got != want {
			t.Errorf("%+v plays %v behind live, want %v", c, got, want)
		}
	}
	r.set("latency=")
	live := func(say string) bool {
		b, _ := r.get("/api/v1/channels/demo")
		return strings.Contains(string(b), `"live":`+say)
	}
	broadcast := func(parts int) {
		publisher := r.publish()
		r.until("it is live", func() bool { return live("true") }) // the one before may still be at the origin
		r.until("something is published", func() bool { return r.newest(0) >= parts })
		_ = publisher.Process.Kill()
		r.until("it is over, though the server would wait for an hour", func() bool { return live("false") })
	}
	broadcast(4)
	if list := r.list(); len(list) != 0 {
		t.Errorf("recorded though it is off: %+v", list)
	}
	if _, status := r.post("/api/v1/channels/demo/clips", `{"recording":1,"from_s":0,"to_s":2}`); status != http.StatusForbidden && status != http.StatusNotFound {
		t.Errorf("a clip: %d", status)
	}
	r.set("record=", "clips=", "download=on")
	r.until("the server follows", func() bool { return r.offers().Clips })
	broadcast(4)
	r.until("it is recorded", func() bool { l := r.list(); return len(l) == 1 && !l[0].Live })
	if l := r.list(); l[0].Download == "" || r.status(l[0].Download) != http.StatusOK {
		t.Errorf("%+v", l)
	}
	shown, err := shoal("channel", "show", "demo", "--json", "--data", r.data).Output()
	if err != nil || !strings.Contains(string(shown), `"own":{"download":"on","reconnect_window":"1s","rewind":"1m30s"}`) {
		t.Errorf("%v %s", err, shown)
	}
	for pair, want := range map[string]string{"recrod=off": "recrod", "rewind=forever": "up to 12h", "record": "KEY=VALUE"} {
		said, err := shoal("channel", "set", "demo", "keep_days=1", pair, "--data", r.data).CombinedOutput()
		if err == nil || !strings.Contains(string(said), want) {
			t.Errorf("%s: %v %s", pair, err, said)
		}
	}
	r.settingsOverHTTP()
}

// A channel may have settings of its own from the beginning. What is wrong with them is told before there is a channel.
func TestAChannelIsAddedWithSettings(t *testing.T) {
	data := t.TempDir()
	for _, pair := range []string{"sharing=perhaps", "sharing", "shearing=off"} {
		if said, err := say(t, "channel", "add", "reef", pair, "--data", data); err == nil || !strings.Contains(err.Error(), "sharing") && !strings.Contains(err.Error(), "shearing") {
			t.Errorf("%s: %s, %v", pair, said, err)
		}
	}
	if said, err := say(t, "channel", "add", "reef", "sharing=off", "rewind=1h", "--data", data); err != nil || !strings.Contains(said, "reef") {
		t.Fatalf("%s, %v", said, err)
	}
	if said, err := say(t, "channel", "show", "reef", "--data", data, "--json"); err != nil || !strings.Contains(said, `"own":{"rewind":"1h0m0s","sharing":"off"}`) {
		t.Errorf("%s, %v", said, err)
	}
	if said, err := say(t, "channel", "set", "reef", "sharing=ask", "--data", data, "--sharing", "off"); err != nil || !strings.Contains(said, "sharing           ask     its own") {
		t.Errorf("%s, %v", said, err)
	}
}

// What show prints of a setting, set takes, and then shows the same as the channel's own.
func TestWhatShowPrintsSetTakes(t *testing.T) {
	data := t.TempDir()
	addChannel(t, data, "reef")
	for _, server := range [][]string{
		nil, // as it is without a word
		{"--record", "off", "--rewind", "0", "--keep-days", "0", "--keep-gb", "7", "--clips", "off", "--download", "on", "--ladder", "off", "--reconnect-window", "90", "--latency", "4500ms", "--sharing", "off"},
		{"--rewind", "90m", "--ladder", " 0360p@600, 720p ", "--reconnect-window", "1h", "--latency", "10s"},
		{"--ladder", ""},
	} {
		shown := func() map[string]string {
			said, err := say(t, slices.Concat([]string{"channel", "show", "reef", "--data", data}, server)...)
			if err != nil {
				t.Fatalf("%v: %v", server, err)
			}
			values := make(map[string]string)
			for line := range strings.Lines(said) {
				if words := strings.Fields(line); len(words) > 1 && slices.Contains(channel.SettingKeys(), words[0]) {
					values[words[0]] = words[1]
				}
			}
			return values
		}
		before := shown()
		if len(before) != len(channel.SettingKeys()) {
			t.Fatalf("%v: %v", server, before)
		}
		for _, key := range channel.SettingKeys() {
			said, err := say(t, slices.Concat([]string{"channel", "set", "reef", key + "=" + before[key], "--data", data}, server)...)
			if now := shown()[key]; err != nil || now != before[key] {
				t.Errorf("%v: %s=%s becomes %q: %s%v", server, key, before[key], now, said, err)
			}
			if _, err := say(t, "channel", "set", "reef", key+"=", "--data", data); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// What channel add printed, channel show prints again without the key; and it knows the flags of the server that runs.
func TestShowKnowsTheServerThatRuns(t *testing.T) {
	dir := t.TempDir()
	k := addChannel(t, dir, "reef")
	show := func() string {
		said, err := say(t, "channel", "show", "reef", "--data", dir)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(said, k.StreamKey) {
			t.Error("it prints the stream key")
		}
		return said
	}
	if said := show(); !strings.Contains(said, "download          off    the server's") || !strings.Contains(said, "No server could be asked") {
		t.Errorf("without a server: %s", said)
	}
	s := quietSettings(t)
	s.Download, s.SRT = recordOn, "127.0.0.1:0"
	r := runHouse(t, dir, s)
	said, port := show(), portOf(r.doors.http.Addr())
	for _, want := range []string{
		"download          on     the server's", "http://localhost:" + port + "/c/reef", "http://localhost:" + port + "/live#channel=reef\n",
		"rtmp://localhost:" + portOf(r.doors.rtmp.Addr()) + "/live", "srt://localhost:" + portOf(r.doors.srt.LocalAddr()) + "\n",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in %s", want, said)
		}
	}
	if strings.Contains(said, "No server") {
		t.Errorf("it doubts: %s", said)
	}
}

// settingsOverHTTP asks for settings and changes them as the streamer and as the operator.
func (r *recorded) settingsOverHTTP() {
	r.t.Helper()
	const address = "/api/v1/channels/demo/settings"
	secret, err := channel.OpenSecret(r.data)
	if err != nil {
		r.t.Fatal(err)
	}
	operator, err := operatorToken(secret)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, c := range []struct {
		method, key, body string
		want              int
	}{
		{"GET", r.key, "", http.StatusOK}, {"GET", "wrong", "", http.StatusUnauthorized}, {"PATCH", "wrong", `{"record":"off"}`, http.StatusUnauthorized},
		{"PATCH", r.key, `{"rewind":"11m"}`, http.StatusBadRequest}, {"PATCH", r.key, `{"keep_days":"3","record":"off","download":"on"}`, http.StatusOK},
		{"PATCH", operator, `{"record":"perhaps"}`, http.StatusBadRequest}, {"PATCH", operator, `{"x":1}`, http.StatusBadRequest},
		{"PATCH", operator, `{"rewind":"","keep_days":"7"}`, http.StatusOK},
	} {
		if got := r.say(c.method, address, c.key, c.body); got != c.want {
			r.t.Errorf("%s %s: %d, want %d", c.method, c.body, got, c.want)
		}
	}
	shown, err := shoal("channel", "show", "demo", "--json", "--data", r.data).Output()
	if err != nil || !strings.Contains(string(shown), `"own":{"download":"on","keep_days":"7","reconnect_window":"1s"},"streamer":{"download":"on","record":"off"}`) {
		r.t.Errorf("%v %s", err, shown)
	}
	if said := r.set("keep_days="); !strings.Contains(said, "off    the streamer's") {
		r.t.Errorf("%s", said)
	}
	if got := r.say("PATCH", address, r.key, `{"clips":"off"}`); got != http.StatusOK {
		r.t.Errorf("clips: %d", got)
	}
	r.until("the server follows the streamer", func() bool { return !r.offers().Clips })
	r.set("clips=on")
	r.until("the operator's word is the last", func() bool { return r.offers().Clips })
}

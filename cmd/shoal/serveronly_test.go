package main

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// revokedWithin is how long after the server knows that a channel's viewers may not share they may go on with it.
const revokedWithin = 2 * time.Second

// A channel that becomes one to be watched from the server only has no swarm at once: viewers who share close their connections, whoever comes makes none,
// and the picture goes on at all of them. When they may share again, they do.
func TestViewersOfAServerOnlyChannel(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes as long as the picture does")
	}
	b := onAir(t)
	viewers, stop := b.watch(2)
	first := slices.Clone(viewers)
	shares := func(v *viewer) bool { s := v.Stats(); return s.Links > 0 && s.PeerBytes+s.UploadBytes > 0 }
	b.until("they share", func() bool { return shares(first[0]) && shares(first[1]) })

	b.set("sharing=off")
	b.until("the server follows", func() bool {
		return strings.Contains(b.get("/api/v1/channels/demo"), `"sharing":{"mode":"off","preset_allowed":false}`)
	})
	known := time.Now()
	b.until("they share no more", func() bool { return first[0].Stats().Links+first[1].Stats().Links == 0 })
	if took := time.Since(known); took > revokedWithin {
		t.Errorf("they shared for %v after it was over", took)
	}
	passed := [2]uint64{first[0].Stats().UploadBytes, first[1].Stats().UploadBytes}
	late, stopLate := b.watch(1)
	b.played(late, 20)
	for i, v := range first {
		if s := v.Stats(); s.UploadBytes != passed[i] || s.Links != 0 {
			t.Errorf("viewer %d has passed on %d bytes since, and has %d connections", i, s.UploadBytes-passed[i], s.Links)
		}
	}
	if s := late[0].Stats(); s.LinksEver != 0 || s.LinksFailed != 0 || s.PeerBytes != 0 || s.OriginBytes == 0 {
		t.Errorf("who came afterwards: %+v", s)
	}
	if says := b.get("/metrics"); !strings.Contains(says, "\nshoal_sharing_viewers{channel=\"demo\"} 0\n") {
		t.Error("the figures tell of viewers who share")
	}
	res, err := http.Post(b.http+"/api/v1/channels/demo/join", "application/json", strings.NewReader(`{"mode":"share"}`))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(res.Body)
	if _ = res.Body.Close(); err != nil || res.StatusCode != http.StatusOK || strings.Contains(string(answer), `"ice"`) {
		t.Errorf("who wants to share is answered %d %s: %v", res.StatusCode, answer, err)
	}
	b.unharmed(t, slices.Concat(first, late))

	b.set("sharing=")
	b.until("all three share again", func() bool {
		return first[0].Stats().Links > 0 && first[1].Stats().Links > 0 && late[0].Stats().Links > 0
	})
	stopLate()
	stop()
}

// set gives the channel a setting beside the running server.
func (b *broadcast) set(pair string) {
	b.t.Helper()
	if said, err := shoal("channel", "set", "demo", pair, "--data", b.data).CombinedOutput(); err != nil {
		b.t.Fatalf("%s: %v: %s", pair, err, said)
	}
}

func (b *broadcast) get(path string) string {
	b.t.Helper()
	res, err := http.Get(b.http + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

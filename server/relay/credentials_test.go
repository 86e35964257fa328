package relay

import (
	"net"
	"strings"
	"testing"

	"shoal/id"
)

// T24: with no, old, altered or somebody else's credentials there are no allocations.
func TestWrongCredentials(t *testing.T) {
	c := newClock()
	p := &peers{absent: map[id.Peer]bool{9: true}}
	r := start(t, Config{Now: c.now}, p)
	old, oldPassword := r.Credentials(lagoon, 5)
	c.pass(CredentialsLife)
	good, password := r.Credentials(lagoon, 5)
	other, otherPassword := r.Credentials(lagoon, 6)
	absent, absentPassword := r.Credentials(lagoon, 9)
	later := strings.Replace(good, ":", "0:", 1)
	for name, c := range map[string][2]string{
		"none": {"", ""}, "no password": {good, "x"}, "old": {old, oldPassword}, "old with the new password": {old, password},
		"another's password": {good, otherPassword}, "another's name": {other, password}, "stretched": {later, password},
		"not in the channel": {absent, absentPassword}, "words": {"admin", "admin"}, "parts missing": {"1:2", r.password("1:2")},
		"strange time": {"x:" + id.Peer(5).String() + ":" + lagoon.String(), "x"},
	} {
		client := connect(t, r, c[0], c[1])
		if conn, err := allocate(t, client); err == nil {
			_ = conn.Close()
			t.Errorf("%s: allocated", name)
		}
	}
	if n, _ := r.Counts(); n != 0 {
		t.Errorf("%d allocations", n)
	}
	if _, err := allocate(t, connect(t, r, good, password)); err != nil {
		t.Errorf("the right ones: %v", err)
	}
}

func TestOldCredentialsKeepWhatTheyAllocated(t *testing.T) {
	c := newClock()
	p := &peers{absent: map[id.Peer]bool{}}
	r := start(t, Config{Now: c.now}, p)
	user, password := r.Credentials(lagoon, 5)
	client := connect(t, r, user, password)
	if _, err := allocate(t, client); err != nil {
		t.Fatal(err)
	}
	c.pass(2 * CredentialsLife)
	if err := client.CreatePermission(&net.UDPAddr{IP: net.IPv4(8, 8, 4, 4), Port: 4000}); err != nil {
		t.Errorf("while it watches: %v", err)
	}
	p.mu.Lock()
	p.absent[5] = true
	p.mu.Unlock()
	if err := client.CreatePermission(&net.UDPAddr{IP: net.IPv4(8, 8, 4, 5), Port: 4000}); err == nil {
		t.Error("permitted after it left")
	}
}

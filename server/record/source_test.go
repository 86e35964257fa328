package record

import (
	"testing"

	"shoal/manifest"
	"shoal/manifest/sign"
)

// Session keys count as long as something is there that they signed: of a broadcast of many days the last half is.
func TestSessionsOfWhatIsThere(t *testing.T) {
	b := newBench(t, nil)
	var x index
	for _, from := range []uint64{200, 0, 100} {
		c, err := sign.Certificate(manifest.Certificate{Epoch: 1, Session: b.session.Public(), MinSeq: from, NotBeforeMS: 1, NotAfterMS: 2}, b.identity)
		if err != nil {
			t.Fatal(err)
		}
		x.certificates = append(x.certificates, c.Append(nil))
	}
	for want, seqs := range map[int][]uint64{3: {0, 99, 100, 199, 200, 300}, 2: {150, 199, 200}, 1: {100, 101, 199}} {
		x.tracks[0].parts = nil
		for _, seq := range seqs {
			x.tracks[0].parts = append(x.tracks[0].parts, place{seq: seq})
		}
		if got := x.sessions(); got != want {
			t.Errorf("parts %v: %d sessions, want %d", seqs, got, want)
		}
	}
}

package record

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"shoal/manifest"
)

// Wherever the last spool is cut, all parts that are whole come back, and no other.
func TestATornSpoolIsWholeUpToItsLastPart(t *testing.T) {
	b := newBench(t, nil)
	b.begin(1)
	b.publish(8, 5000, nil)
	spool := filepath.Join(b.dir, b.channel.String(), "1", spoolName(1))
	whole, err := os.ReadFile(spool)
	if err != nil {
		t.Fatal(err)
	}
	ends := []int{}
	good, err := scan(bytes.NewReader(whole), int64(len(whole)), true, func(e entry) error { ends = append(ends, int(e.end())); return nil })
	if err != nil || good != int64(len(whole)) {
		t.Fatalf("%d of %d bytes, %v", good, len(whole), err)
	}
	for cut := 0; cut <= len(whole); cut += 611 {
		for _, torn := range []bool{false, true} {
			text := bytes.Clone(whole[:cut])
			if torn { // a power cut may leave the length without the bytes
				text = append(text, make([]byte, 3000)...)
			}
			if err := errors.Join(os.WriteFile(spool, text, 0o600), removed(filepath.Join(filepath.Dir(spool), sealedFile))); err != nil {
				t.Fatal(err)
			}
			parts := 0
			for _, end := range ends[1:] { // behind the certificate
				if end <= cut {
					parts++
				}
			}
			parts = max(0, parts-2) // init segments
			again := newBenchAt(b)
			got := 0
			if r, err := again.shelf.Find(Key{Channel: b.channel, Epoch: 1}); err == nil {
				for n := range r.index.tracks {
					got += len(r.index.tracks[n].parts)
				}
				again.same(r, 0, uint64(got/2))
			} else if err := os.MkdirAll(filepath.Dir(spool), 0o700); err != nil { // an empty recording is deleted
				t.Fatal(err)
			}
			if got != parts {
				t.Fatalf("cut at %d (torn %v): %d parts, want %d", cut, torn, got, parts)
			}
		}
	}
}

func removed(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func FuzzSpool(f *testing.F) {
	f.Add([]byte(spoolMagic))
	cert := make([]byte, manifest.CertificateSize)
	f.Add(appendEntry([]byte(spoolMagic), kindCertificate, cert, 0))
	sum := sha256.Sum256([]byte("init"))
	f.Add(append(appendEntry([]byte(spoolMagic), kindInit, sum[:], 4), "init"...))
	f.Fuzz(func(t *testing.T, spool []byte) {
		var ends []int64
		good, err := scan(bytes.NewReader(spool), int64(len(spool)), true, func(e entry) error { ends = append(ends, e.end()); return nil })
		if err != nil && !errors.Is(err, errSpool) || good > int64(len(spool)) {
			t.Fatalf("%d of %d bytes are good, %v", good, len(spool), err)
		}
		if n := len(ends); n > 0 && ends[n-1] != good {
			t.Errorf("the last entry ends at %d, %d bytes are good", ends[n-1], good)
		}
		again, err := scan(bytes.NewReader(spool[:good]), good, true, func(entry) error { return nil })
		if good > 0 && (err != nil || again != good) {
			t.Errorf("what is good is not good alone: %d of %d, %v", again, good, err)
		}
	})
}

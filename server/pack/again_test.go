package pack

import (
	"bytes"
	"testing"
	"time"

	"shoal/server/ingest"
)

// written packs a second of pictures, of which every 25th is a key frame, and one behind it, and returns the parts.
func written(t testing.TB, track ingest.Track) (parts []Part, sent []ingest.Sample) {
	t.Helper()
	p, err := New(Config{}, []ingest.Track{track}, 1, time.Unix(1000, 0), func(part Part) error {
		parts = append(parts, part)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 30 {
		s := ingest.Sample{DTS: time.Duration(n) * 40 * time.Millisecond, PTS: time.Duration(n)*40*time.Millisecond + 80*time.Millisecond, Key: n%25 == 0, Data: bytes.Repeat([]byte{byte(n + 1)}, n+5)}
		sent = append(sent, s)
		if err := p.Write(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(); err != nil {
		t.Fatal(err)
	}
	return parts, sent
}

func TestReadPartReadsWhatWasWritten(t *testing.T) {
	track := videoTrack()
	parts, sent := written(t, track)
	var got []ingest.Sample
	for _, part := range parts {
		samples, err := ReadPart(track, part.Data)
		if err != nil {
			t.Fatal(err)
		}
		if samples[0].DTS != part.Start {
			t.Errorf("a part that begins at %v is read as from %v", part.Start, samples[0].DTS)
		}
		got = append(got, samples...)
		key, err := KeyFrame(track, part.Data)
		if part.Independent != (err == nil) || err == nil && !bytes.Equal(key, samples[0].Data) {
			t.Errorf("a part of %v, which begins with a key frame: %t, gives %d bytes: %v", part.Start, part.Independent, len(key), err)
		}
	}
	if len(got) != len(sent) {
		t.Fatalf("%d samples of %d", len(got), len(sent))
	}
	for i, s := range got {
		if want := sent[i]; s.DTS-got[0].DTS != want.DTS || s.PTS-s.DTS != want.PTS-want.DTS || s.Key != want.Key || !bytes.Equal(s.Data, want.Data) {
			t.Errorf("sample %d is %v, not %v", i, s, want)
		}
	}
}

func FuzzReadPart(f *testing.F) {
	track := videoTrack()
	parts, _ := written(f, track)
	f.Add(parts[0].Data)
	f.Fuzz(func(t *testing.T, b []byte) {
		samples, err := ReadPart(track, b)
		if err == nil && len(samples) == 0 {
			t.Error("a part of nothing")
		}
	})
}

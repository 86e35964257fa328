package boxes

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4/seekablebuffer"
)

// fragment is a moof and an mdat as another program writes them.
func fragment(t testing.TB, tracks ...*fmp4.PartTrack) []byte {
	t.Helper()
	var b seekablebuffer.Buffer
	if err := (&fmp4.Part{Tracks: tracks}).Marshal(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// both reads the two boxes of a fragment.
func both(b []byte) (moof, mdat []byte, err error) {
	r := bytes.NewReader(b)
	if _, moof, err = Next(r, 1<<20); err == nil {
		_, mdat, err = Next(r, 1<<20)
	}
	return moof, mdat, err
}

func samples(chance *rand.Rand, n int) (all []*fmp4.Sample) {
	for range n {
		all = append(all, &fmp4.Sample{
			Duration: chance.Uint32N(5000), PTSOffset: int32(chance.IntN(9000) - 3000), IsNonSyncSample: chance.IntN(3) > 0,
			Payload: bytes.Repeat([]byte{byte(chance.Uint32())}, 1+chance.IntN(400)),
		})
	}
	return all
}

// What another program writes is read as it was meant.
func TestFragment(t *testing.T) {
	chance := rand.New(rand.NewPCG(14496, 12))
	for range 200 {
		var tracks []*fmp4.PartTrack
		for id := range 1 + chance.IntN(3) {
			tracks = append(tracks, &fmp4.PartTrack{ID: id + 1, BaseTime: chance.Uint64N(1 << 40), Samples: samples(chance, 1+chance.IntN(20))})
		}
		moof, mdat, err := both(fragment(t, tracks...))
		if err != nil {
			t.Fatal(err)
		}
		runs, err := Fragment(moof, mdat)
		if err != nil || len(runs) != len(tracks) {
			t.Fatalf("%d tracks of %d: %v", len(runs), len(tracks), err)
		}
		for i, r := range runs {
			if int(r.ID) != tracks[i].ID || len(r.Samples) != len(tracks[i].Samples) {
				t.Fatalf("track %d: %d samples of %d", r.ID, len(r.Samples), len(tracks[i].Samples))
			}
			at := int64(tracks[i].BaseTime)
			for n, s := range r.Samples {
				want := tracks[i].Samples[n]
				if s.At != at || s.Offset != want.PTSOffset || s.Key == want.IsNonSyncSample || !bytes.Equal(s.Data, want.Payload) {
					t.Fatalf("track %d, sample %d: at %d, shown %d later, key %v, %d bytes; want %d, %+v", r.ID, n, s.At, s.Offset, s.Key, len(s.Data), at, want)
				}
				at += int64(want.Duration)
			}
		}
	}
}

// What is wrong is refused, and never read as something else.
func TestFragmentRefuses(t *testing.T) {
	good := fragment(t, &fmp4.PartTrack{ID: 1, BaseTime: 90000, Samples: samples(rand.New(rand.NewPCG(1, 2)), 3)})
	at := func(kind string, more int) int { return bytes.Index(good, []byte(kind)) + 4 + more }
	for name, change := range map[string]func(b []byte){
		"offsets in the whole file":  func(b []byte) { b[at("tfhd", 3)] |= tfhdBaseOffset },
		"a time that cannot be":      func(b []byte) { b[at("tfdt", 4)] = 0xFF },
		"a sample before the others": func(b []byte) { binary.BigEndian.PutUint32(b[at("trun", 8):], 8) },
		"a sample before the moof":   func(b []byte) { binary.BigEndian.PutUint32(b[at("trun", 8):], 0xFFFF_FF00) },
		"a sample behind the end":    func(b []byte) { binary.BigEndian.PutUint32(b[at("trun", 8):], 1<<20) },
		"more samples than there are": func(b []byte) {
			binary.BigEndian.PutUint32(b[at("trun", 4):], 7)
		},
		"more samples than may be": func(b []byte) { binary.BigEndian.PutUint32(b[at("trun", 4):], SamplesMax+1) },
		"no offset":                func(b []byte) { b[at("trun", 3)] &^= trunOffset },
		"a box that is too long":   func(b []byte) { b[bytes.Index(b, []byte("tfhd"))-2] = 0xFF },
		"a box that is too short":  func(b []byte) { binary.BigEndian.PutUint32(b[bytes.Index(b, []byte("traf"))-4:], 7) },
	} {
		bad := bytes.Clone(good)
		change(bad)
		moof, mdat, err := both(bad)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if runs, err := Fragment(moof, mdat); !errors.Is(err, ErrMalformed) || runs != nil {
			t.Errorf("%s: %d runs, %v", name, len(runs), err)
		}
	}
	if _, err := Fragment(nil, []byte("mdat")); !errors.Is(err, ErrMalformed) {
		t.Errorf("nothing: %v", err)
	}
}

func TestNext(t *testing.T) {
	whole := []byte("\x00\x00\x00\x0bfreeabc\x00\x00\x00\x08skip")
	r := bytes.NewReader(whole)
	for _, want := range []string{"free", "skip"} {
		if kind, box, err := Next(r, 11); kind != want || !bytes.HasPrefix(box[4:], []byte(want)) || err != nil {
			t.Errorf("%s: %s %q, %v", want, kind, box, err)
		}
	}
	if _, _, err := Next(r, 11); err != io.EOF {
		t.Errorf("behind the last: %v", err)
	}
	for text, want := range map[string]string{"\x00\x00\x00\x07free": "7 bytes", "\x00\x00\x00\x0cfreeabcd": "the most is 11", "\x00\x00\x00\x0bfreeab": "within a box", "\x00\x00\x00": "within a box"} {
		if _, _, err := Next(strings.NewReader(text), 11); !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzFragment(f *testing.F) {
	chance := rand.New(rand.NewPCG(3, 4))
	f.Add(fragment(f, &fmp4.PartTrack{ID: 1, Samples: samples(chance, 2)}, &fmp4.PartTrack{ID: 2, BaseTime: 1 << 40, Samples: samples(chance, 5)}))
	f.Add([]byte("\x00\x00\x00\x08moof\x00\x00\x00\x09mdat!"))
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		moof, mdat, err := both(b)
		if err != nil {
			return
		}
		runs, err := Fragment(moof, mdat)
		if err != nil && (!errors.Is(err, ErrMalformed) || runs != nil) {
			t.Fatalf("%d runs, %v", len(runs), err)
		}
		for _, r := range runs {
			if len(r.Samples) > SamplesMax {
				t.Fatalf("%d samples", len(r.Samples))
			}
			for _, s := range r.Samples {
				if len(s.Data) == 0 || cap(s.Data) != len(s.Data) || s.At < 0 || len(s.Data) > len(mdat)-Head {
					t.Fatalf("a sample of %d bytes at %d", len(s.Data), s.At)
				}
			}
		}
		if !bytes.Equal(b, before) {
			t.Fatal("what was read was changed")
		}
	})
}

package tape

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"shoal/span"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"shoal/id"
	"shoal/segment"
	"shoal/swarm"
)

// golden reads a file of hexadecimal lines; lines that start with '#' say which field of doc.go follows.
func golden(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		field, err := hex.DecodeString(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, field...)
	}
	return b
}

func count(from byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

const (
	peer = id.Peer(0xa0a1a2a3a4a5a6a7)
	now  = 1_234_567 * span.Microsecond
	ref  = 0x41424344
)

var (
	// A browser holds numbers below 2^53 exactly, and the same files hold web/engine to the forms.
	part  = segment.Part{Epoch: 0x0002030405060708, Track: 3, Seq: 0x0012131415161718}
	birth = swarm.Config{
		Self: peer, Channel: id.Channel(count(0x10, 32)), Seed: 0x2122232425262728, BirthWallMS: 1_790_000_000_000, UplinkBytesPerSecond: 625_000,
	}
)

func goldenInputs() map[string]swarm.Input {
	return map[string]swarm.Input{
		"in_01_tick.hex":             swarm.Tick{},
		"in_02_introduced.hex":       swarm.Introduced{Peer: peer, Dial: true, Near: true},
		"in_03_peerup.hex":           swarm.PeerUp{Peer: peer},
		"in_04_peerdown.hex":         swarm.PeerDown{Peer: peer},
		"in_05_said.hex":             swarm.Said{Peer: peer, Data: []byte("abc")},
		"in_06_drained.hex":          swarm.Drained{Peer: peer, Buffered: 70_000},
		"in_07_offered.hex":          swarm.Offered{From: peer, Digest: id.Digest(count(0x30, 32)), Data: []byte("abc")},
		"in_08_seeding.hex":          swarm.Seeding{Stripes: 0x8001},
		"in_09_playhead.hex":         swarm.Playhead{WallMS: 1_790_000_001_000, BufferMS: 2500, Playing: true},
		"in_10_wanted.hex":           swarm.Wanted{Part: part},
		"in_11_arrived.hex":          swarm.Arrived{From: peer, Part: part, Piece: 7, Size: 4096},
		"in_12_checked.hex":          swarm.Checked{Part: part, Piece: 7, From: peer, OK: true},
		"in_13_signaturechecked.hex": swarm.SignatureChecked{Ref: ref, OK: true},
		"in_14_fetched.hex":          swarm.Fetched{Ref: ref, Failed: true},
		"in_15_evicted.hex":          swarm.Evicted{Part: part},
		"in_16_uplink.hex":           swarm.Uplink{BytesPerSecond: 625_000},
		"in_17_tracked.hex":          swarm.Tracked{Up: true},
		"in_18_following.hex":        swarm.Following{Tracks: 0x85},
		"in_19_overhead.hex":         swarm.Overhead{Bytes: 1_500},
	}
}

func goldenOutputs() map[string]swarm.Output {
	return map[string]swarm.Output{
		"out_01_dial.hex":       swarm.Dial{Peer: peer},
		"out_02_hangup.hex":     swarm.HangUp{Peer: peer, Why: swarm.Silent},
		"out_03_say.hex":        swarm.Say{Peer: peer, Data: []byte("abc")},
		"out_04_send.hex":       swarm.Send{Peer: peer, Part: part, Piece: 7},
		"out_05_fetch.hex":      swarm.Fetch{Ref: ref, Part: part, From: 2, To: 9, Within: 1500},
		"out_06_checkpiece.hex": swarm.CheckPiece{Part: part, Piece: 7, From: peer, Hash: id.Digest(count(0x30, 32))},
		"out_07_forget.hex":     swarm.Forget{Part: part, Piece: 7, From: peer},
		"out_08_checksignature.hex": swarm.CheckSignature{
			Ref: ref, Key: [32]byte(count(0x50, 32)), Signature: [64]byte(count(0x70, 64)), Message: []byte("abc"),
		},
		"out_09_open.hex": swarm.Open{
			Part: part, MSN: 0x0000000100000002, Index: 3, Length: 70_000, PieceSize: 5120, DurationUS: 500_000,
			WallMS: 1_790_000_001_000, Init: id.Digest(count(0x90, 32)), Independent: true, Discontinuity: true,
		},
		"out_10_play.hex":        swarm.Play{Part: part},
		"out_11_decline.hex":     swarm.Decline{Part: part},
		"out_12_evict.hex":       swarm.Evict{Part: part},
		"out_14_able.hex":        swarm.Able{Slots: 21},
		"out_15_records.hex":     swarm.Records{On: true},
		"out_16_fetchrecord.hex": swarm.FetchRecord{Ref: 0x0a0b0c0d, Part: part, Within: 8000},
		"out_17_position.hex":    swarm.Position{WallMS: 1_790_000_001_000},
		"out_13_note.hex":        swarm.Note{What: swarm.RescueStarted, Peer: peer, Part: part},
	}
}

// TestGolden holds the code to the table in doc.go: the files were written from that, not by this code.
func TestGolden(t *testing.T) {
	if b := AppendBirth(nil, birth); !bytes.Equal(b, golden(t, "birth.hex")) || len(b) != BirthSize {
		t.Errorf("birth is %x", b)
	}
	if c, err := ParseBirth(golden(t, "birth.hex")); err != nil || c != birth {
		t.Errorf("birth reads as %+v, %v", c, err)
	}
	recording := birth
	recording.Recorded = true
	if b := AppendBirth(nil, recording); !bytes.Equal(b, golden(t, "birth_recorded.hex")) {
		t.Errorf("birth is %x", b)
	}
	if c, err := ParseBirth(golden(t, "birth_recorded.hex")); err != nil || c != recording {
		t.Errorf("birth reads as %+v, %v", c, err)
	}
	for name, in := range goldenInputs() {
		want := golden(t, name)
		if b := AppendInput(nil, now, in); !bytes.Equal(b, want) {
			t.Errorf("%s: AppendInput = %x", name, b)
		}
		if at, got, err := ParseInput(want); err != nil || at != now || !reflect.DeepEqual(got, in) {
			t.Errorf("%s: ParseInput = %v %+v, %v", name, at, got, err)
		}
	}
	for name, out := range goldenOutputs() {
		if b := AppendOutput(nil, out); !bytes.Equal(b, golden(t, name)) {
			t.Errorf("%s: AppendOutput = %x", name, b)
		}
	}
}

// TestEveryKindHasGoldenBytes fails when a kind is added without its bytes.
func TestEveryKindHasGoldenBytes(t *testing.T) {
	if n := len(goldenInputs()); n != kindOverhead {
		t.Errorf("%d golden inputs of %d", n, kindOverhead)
	}
	if n := len(goldenOutputs()); n != kindPosition {
		t.Errorf("%d golden outputs of %d", n, kindPosition)
	}
}

func TestParseInputRefuses(t *testing.T) {
	said := golden(t, "in_05_said.hex")
	for name, b := range map[string][]byte{
		"empty": nil, "no kind": said[:8], "kind 0": append(make([]byte, 8), 0), "kind 17": append(make([]byte, 8), 17),
		"cut short": said[:len(said)-1], "a tail": append(bytes.Clone(said), 0),
		"length beyond the end": append(append(bytes.Clone(said[:17]), 0xff, 0xff, 0xff, 0xff), "abc"...),
		"flag 2":                append(AppendInput(nil, now, swarm.Introduced{Peer: peer})[:17], 4),
		"now beyond all time":   append([]byte{0xff}, said[1:]...),
	} {
		if _, in, err := ParseInput(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %+v, %v, want ErrMalformed", name, in, err)
		}
	}
	if _, err := ParseBirth(golden(t, "birth.hex")[1:]); !errors.Is(err, ErrMalformed) {
		t.Errorf("short birth: %v", err)
	}
}

func drawInput(t *rapid.T) swarm.Input {
	p := segment.Part{Epoch: rapid.Uint64().Draw(t, "epoch"), Seq: rapid.Uint64().Draw(t, "seq"), Track: segment.Track(rapid.Uint8().Draw(t, "track"))}
	q := id.Peer(rapid.Uint64().Draw(t, "peer"))
	flag := rapid.Bool().Draw(t, "flag")
	n := int(rapid.Uint32().Draw(t, "n"))
	piece := int(rapid.Uint16().Draw(t, "piece"))
	data := rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(t, "data")
	return rapid.SampledFrom([]swarm.Input{
		swarm.Tick{}, swarm.Introduced{Peer: q, Dial: flag}, swarm.PeerUp{Peer: q}, swarm.PeerDown{Peer: q}, swarm.Said{Peer: q, Data: data},
		swarm.Drained{Peer: q, Buffered: n}, swarm.Offered{From: q, Digest: id.Digest{byte(n)}, Data: data}, swarm.Seeding{Stripes: uint16(n)},
		swarm.Playhead{WallMS: int64(p.Seq), BufferMS: int64(n), Playing: flag}, swarm.Wanted{Part: p},
		swarm.Arrived{From: q, Part: p, Piece: piece, Size: n}, swarm.Checked{Part: p, Piece: piece, From: q, OK: flag},
		swarm.SignatureChecked{Ref: uint32(n), OK: flag}, swarm.Fetched{Ref: uint32(n), Failed: flag}, swarm.Evicted{Part: p},
		swarm.Uplink{BytesPerSecond: n}, swarm.Following{Tracks: segment.Tracks(n)}, swarm.Overhead{Bytes: n},
	}).Draw(t, "input")
}

func TestFileReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := AppendHead(nil, birth)
		var inputs []swarm.Input
		for i := range rapid.IntRange(0, 20).Draw(t, "inputs") {
			in := drawInput(t)
			inputs = append(inputs, in)
			b = AppendFramed(b, span.Span(i)*span.Second, in)
		}
		cut := rapid.IntRange(0, 3).Draw(t, "cut") // a crash while the next record was written
		b = AppendFramed(b, 0, swarm.Tick{})
		b = b[:len(b)-13+cut]
		config, records, err := SplitFile(b)
		if err != nil || config != birth {
			t.Fatalf("%+v, %v", config, err)
		}
		i := 0
		for record := range records {
			at, in, err := ParseInput(record)
			if err != nil || at != span.Span(i)*span.Second || !reflect.DeepEqual(in, inputs[i]) {
				t.Fatalf("input %d reads as %v %+v, %v", i, at, in, err)
			}
			i++
		}
		if i != len(inputs) {
			t.Fatalf("%d inputs of %d", i, len(inputs))
		}
	})
	for name, b := range map[string][]byte{"empty": nil, "no birth": []byte(magic), "another kind": make([]byte, 200)} {
		if _, _, err := SplitFile(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
}

func FuzzInput(f *testing.F) {
	for name := range goldenInputs() {
		f.Add(golden(f, name))
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		at, in, err := ParseInput(b)
		if err == nil && !bytes.Equal(AppendInput(nil, at, in), b) {
			t.Errorf("%x has a second spelling: %v %+v", b, at, in)
		}
	})
}

func FuzzFile(f *testing.F) {
	f.Add(AppendFramed(AppendHead(nil, birth), now, swarm.Said{Peer: peer, Data: []byte("abc")}))
	f.Add(append(AppendHead(nil, birth), 0xff, 0xff, 0xff, 0xff))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, records, err := SplitFile(b)
		if err != nil {
			return
		}
		n := len(magic) + BirthSize
		for r := range records {
			n += 4 + len(r)
		}
		if n > len(b) {
			t.Errorf("%d bytes of records in %d", n, len(b))
		}
	})
}

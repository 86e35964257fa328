package mend

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
)

// Bounds on H.264 and H.265.
const (
	unitsMax = 512     // NAL units of a frame: more than any slicing makes
	setsMax  = 32      // parameter sets of a stream
	setMax   = 1 << 16 // bytes of a parameter set: the MP4 counts them in 16 bits
)

// lengthSize is how many bytes say the length of a NAL unit inside an MP4 sample.
const lengthSize = 4

// setKey names a parameter set: its NAL unit type and its own number.
type setKey struct {
	kind byte
	id   uint32
}

// nals turns H.264 or H.265 access units into MP4 samples. Parameter sets may come in a sequence header, in-band, or
// both; MP4 wants one of each kind outside the samples, and takes further ones within them.
type nals struct {
	hevc    bool
	prefix  int // bytes of a NAL unit's length in the publisher's units
	sets    map[setKey][]byte
	changed map[setKey]bool // since the codec was made
	main    []setKey        // the sets that stand in the codec
	now     codecs.Codec

	captions [][]byte // NAL units that wait for the next picture
}

func newNALs(hevc bool) *nals {
	return &nals{hevc: hevc, prefix: lengthSize, sets: map[setKey][]byte{}, changed: map[setKey]bool{}}
}

func (f *nals) codec() codecs.Codec { return f.now }

// configure takes a sequence header: how long lengths are, and parameter sets. The codec follows at once if there is
// none yet, else with the next key frame.
func (f *nals) configure(prefix int, units [][]byte) error {
	if prefix != 1 && prefix != 2 && prefix != 4 {
		return fmt.Errorf("NAL units have lengths of %d bytes, which the standard does not know", prefix)
	}
	f.prefix = prefix
	for _, u := range units {
		if len(u) == 0 {
			continue
		}
		if _, err := f.learn(u); err != nil {
			return err
		}
	}
	if f.now == nil {
		f.renew()
	}
	return nil
}

// unit turns an access unit into an MP4 sample. data is nil if it shows nothing.
func (f *nals) unit(payload []byte) (data []byte, key bool, err error) {
	units, err := splitUnits(payload, f.prefix)
	if err != nil {
		return nil, false, err
	}
	var keep [][]byte
	picture := false
	for _, u := range units {
		set, err := f.learn(u)
		if err != nil {
			return nil, false, err
		}
		if set || f.junk(u) {
			continue
		}
		keep = append(keep, u)
		picture = picture || f.slice(u)
		key = key || f.keySlice(u)
	}
	if !picture {
		return nil, false, nil
	}
	if key && (len(f.changed) > 0 || f.now == nil) {
		f.renew()
	}
	if len(f.captions) > 0 {
		keep = f.withCaptions(keep)
	}
	return joinUnits(append(f.inBand(key), keep...)), key, nil
}

// learn keeps a parameter set and reports whether u is one.
func (f *nals) learn(u []byte) (set bool, err error) {
	k, ok, err := f.setKey(u)
	if !ok || err != nil {
		return ok, err
	}
	if bytes.Equal(f.sets[k], u) {
		return true, nil
	}
	if len(u) >= setMax {
		return true, fmt.Errorf("a parameter set has %d bytes: the most is %d", len(u), setMax-1)
	}
	f.sets[k] = bytes.Clone(u)
	f.changed[k] = true
	if len(f.sets) > setsMax {
		return true, fmt.Errorf("the stream has more than %d parameter sets", setsMax)
	}
	return true, nil
}

// renew makes the codec of the sets at hand: of each kind the one that was in it, or the lowest number. It leaves the
// codec alone if its sets are unchanged or a kind is missing.
func (f *nals) renew() {
	var main []setKey
	same := f.now != nil
	for i, kind := range f.kinds() {
		var k setKey
		ok := true
		if i < len(f.main) {
			k = f.main[i]
		} else {
			k, ok = f.lowest(kind)
		}
		if !ok {
			return
		}
		same = same && !f.changed[k]
		main = append(main, k)
	}
	f.main = main
	clear(f.changed)
	if same {
		return
	}
	if f.hevc {
		f.now = &codecs.H265{VPS: f.sets[main[0]], SPS: f.sets[main[1]], PPS: f.sets[main[2]]}
	} else {
		f.now = &codecs.H264{SPS: f.sets[main[0]], PPS: f.sets[main[1]]}
	}
}

// lowest returns the parameter set of a kind with the lowest number.
func (f *nals) lowest(kind byte) (k setKey, ok bool) {
	for other := range f.sets {
		if other.kind == kind && (!ok || other.id < k.id) {
			k, ok = other, true
		}
	}
	return k, ok
}

// inBand returns the parameter sets that a sample must carry itself: with a key frame those that are not in the codec,
// otherwise those that changed since.
func (f *nals) inBand(key bool) [][]byte {
	var keys []setKey
	for k := range f.sets {
		if key && !slices.Contains(f.main, k) || !key && f.changed[k] {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b setKey) int { return int(a.kind)<<16 + int(a.id) - int(b.kind)<<16 - int(b.id) })
	out := make([][]byte, 0, len(keys))
	for _, k := range keys {
		out = append(out, f.sets[k])
	}
	return out
}

func (f *nals) kinds() []byte {
	if f.hevc {
		return []byte{byte(h265.NALUType_VPS_NUT), byte(h265.NALUType_SPS_NUT), byte(h265.NALUType_PPS_NUT)}
	}
	return []byte{byte(h264.NALUTypeSPS), byte(h264.NALUTypePPS)}
}

func (f *nals) kind(u []byte) byte {
	if f.hevc {
		return u[0] >> 1 & 0x3F
	}
	return u[0] & 0x1F
}

// setKey reports whether u is a parameter set, and which.
func (f *nals) setKey(u []byte) (setKey, bool, error) {
	kind := f.kind(u)
	if !slices.Contains(f.kinds(), kind) {
		return setKey{}, false, nil
	}
	skip, golomb := 1, true // bytes before the number, and how it is written
	switch {
	case !f.hevc && kind == byte(h264.NALUTypeSPS):
		skip = 4
	case f.hevc && kind == byte(h265.NALUType_PPS_NUT):
		skip = 2
	case f.hevc: // encoders number their one VPS and SPS 0, and an SPS tells its number after 12 bytes and more
		golomb = false
	}
	k := setKey{kind: kind}
	if !golomb {
		return k, true, nil
	}
	if len(u) <= skip {
		return k, true, errCut
	}
	pos := 8 * skip
	id, err := bits.ReadGolombUnsigned(u, &pos)
	if err != nil {
		return k, true, errCut
	}
	k.id = min(id, 255)
	return k, true, nil
}

// junk tells units that an MP4 sample does without: delimiters, ends of sequence, filler.
func (f *nals) junk(u []byte) bool {
	kind := f.kind(u)
	if f.hevc {
		return len(u) < 2 || kind >= byte(h265.NALUType_AUD_NUT) && kind <= byte(h265.NALUType_FD_NUT)
	}
	return kind >= byte(h264.NALUTypeAccessUnitDelimiter) && kind <= byte(h264.NALUTypeFillerData)
}

func (f *nals) slice(u []byte) bool {
	if f.hevc {
		return f.kind(u) < byte(h265.NALUType_VPS_NUT)
	}
	return f.kind(u) >= byte(h264.NALUTypeNonIDR) && f.kind(u) <= byte(h264.NALUTypeIDR)
}

func (f *nals) keySlice(u []byte) bool {
	kind := f.kind(u)
	if f.hevc { // BLA, IDR and CRA
		return kind >= byte(h265.NALUType_BLA_W_LP) && kind <= byte(h265.NALUType_CRA_NUT)
	}
	return kind == byte(h264.NALUTypeIDR)
}

var errCut = errors.New("a parameter set is cut short")

// splitUnits takes apart length-prefixed NAL units. Empty ones are left out.
func splitUnits(b []byte, prefix int) ([][]byte, error) {
	var out [][]byte
	for len(b) > 0 {
		if len(b) < prefix {
			return nil, errors.New("a frame ends within the length of a NAL unit")
		}
		size := 0
		for _, c := range b[:prefix] {
			size = size<<8 | int(c)
		}
		b = b[prefix:]
		if size > len(b) {
			return nil, fmt.Errorf("a NAL unit of %d bytes stands in a frame that has %d left", size, len(b))
		}
		if size > 0 {
			out = append(out, b[:size])
		}
		if len(out) > unitsMax {
			return nil, fmt.Errorf("a frame has more than %d NAL units", unitsMax)
		}
		b = b[size:]
	}
	return out, nil
}

// joinUnits puts NAL units behind four-byte lengths.
func joinUnits(units [][]byte) []byte {
	size := 0
	for _, u := range units {
		size += lengthSize + len(u)
	}
	out := make([]byte, 0, size)
	for _, u := range units {
		n := uint32(len(u))
		out = append(out, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
		out = append(out, u...)
	}
	return out
}

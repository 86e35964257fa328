package whip

import (
	"bytes"
	"errors"
	"slices"

	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
)

const (
	// setsMax bounds the parameter sets of a stream.
	setsMax = 32
	// setMax bounds one: the MP4 counts its bytes in 16 bits.
	setMax = 1<<16 - 1
	// lengthSize is how many bytes say the length of a NAL unit inside an MP4 sample.
	lengthSize = 4
)

var errSets = errors.New("the stream's parameter sets (SPS, PPS) are too large, too many or cut short")

// avc turns H.264 frames into MP4 samples. Parameter sets come in-band; MP4 wants the first SPS and PPS outside the samples
// and takes further ones within them.
type avc struct {
	sets []set // by kind and number
	now  *codecs.H264
}

// set is a parameter set.
type set struct {
	kind byte
	id   uint32
	unit []byte
}

// sample returns a frame as an MP4 sample, which is nil if it shows nothing. Another pointer in a.now afterwards means that the
// parameters changed; the frame is a key then.
func (a *avc) sample(units [][]byte) (data []byte, key bool, err error) {
	var keep [][]byte
	shows, learnt := false, false
	for _, u := range units {
		switch kind := u[0] & typeMask; h264.NALUType(kind) {
		case h264.NALUTypeSPS, h264.NALUTypePPS:
			fresh, err := a.learn(kind, u)
			if err != nil {
				return nil, false, err
			}
			learnt = learnt || fresh
			continue
		case h264.NALUTypeAccessUnitDelimiter, h264.NALUTypeEndOfSequence, h264.NALUTypeEndOfStream, h264.NALUTypeFillerData:
			continue
		case h264.NALUTypeIDR:
			key, shows = true, true
		case h264.NALUTypeNonIDR, h264.NALUTypeDataPartitionA:
			shows = true
		}
		keep = append(keep, u)
	}
	if !shows {
		return nil, false, nil
	}
	if key {
		a.renew()
	}
	var more [][]byte
	if key || learnt {
		more = a.inBand()
	}
	return joinUnits(append(more, keep...)), key, nil
}

// told keeps a parameter set that came with the offer. What is none, or wrong, is left out: better ones may come in-band.
func (a *avc) told(u []byte) {
	kind := u[0] & typeMask
	if h264.NALUType(kind) == h264.NALUTypeSPS || h264.NALUType(kind) == h264.NALUTypePPS {
		_, _ = a.learn(kind, u)
	}
}

// learn keeps a parameter set, and tells whether it is new.
func (a *avc) learn(kind byte, u []byte) (fresh bool, err error) {
	skip := 1 // bytes before its number
	if h264.NALUType(kind) == h264.NALUTypeSPS {
		skip = 4
	}
	if len(u) <= skip || len(u) > setMax {
		return false, errSets
	}
	at := 8 * skip
	id, err := bits.ReadGolombUnsigned(u, &at)
	if err != nil {
		return false, errSets
	}
	s := set{kind, min(id, 255), u}
	n, there := slices.BinarySearchFunc(a.sets, s, func(a, b set) int { return int(a.kind)<<8 + int(a.id) - int(b.kind)<<8 - int(b.id) })
	if there {
		if bytes.Equal(a.sets[n].unit, u) {
			return false, nil
		}
		a.sets[n] = s
		return true, nil
	}
	if len(a.sets) >= setsMax {
		return false, errSets
	}
	a.sets = slices.Insert(a.sets, n, s)
	return true, nil
}

// main returns the parameter set of a kind that stands outside the samples, or nil.
func (a *avc) main(kind h264.NALUType) []byte {
	for _, s := range a.sets {
		if s.kind == byte(kind) {
			return s.unit
		}
	}
	return nil
}

// renew makes the codec anew if its sets changed.
func (a *avc) renew() {
	sps, pps := a.main(h264.NALUTypeSPS), a.main(h264.NALUTypePPS)
	if sps == nil || pps == nil || a.now != nil && bytes.Equal(a.now.SPS, sps) && bytes.Equal(a.now.PPS, pps) {
		return
	}
	a.now = &codecs.H264{SPS: sps, PPS: pps}
}

// inBand returns the sets that are not in the codec: a sample must carry them itself.
func (a *avc) inBand() (units [][]byte) {
	if a.now == nil {
		return nil
	}
	for _, s := range a.sets {
		if !bytes.Equal(s.unit, a.now.SPS) && !bytes.Equal(s.unit, a.now.PPS) {
			units = append(units, s.unit)
		}
	}
	return units
}

// joinUnits puts NAL units behind their lengths.
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

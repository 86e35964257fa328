package mend

import (
	"slices"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

const (
	// captionsMax bounds the captions that wait for a picture; the oldest go.
	captionsMax = 16
	// captionsAtOnce is how many groups of three bytes one message may hold (CEA-708 counts them in five bits).
	captionsAtOnce = 31
)

// Caption has the next picture carry captions that came beside it: groups of three bytes as CEA-708 has them (cc_data), at most 31.
// They go into H.264 and H.265 alone, the same way as if the encoder had put them there (ATSC A/53); elsewhere they are left out.
func (p *Mender) Caption(groups [][3]byte) {
	s := p.streams[picture]
	if s == nil || len(groups) == 0 || len(groups) > captionsAtOnce {
		return
	}
	if f, ok := s.format.(*nals); ok {
		f.captions = append(f.captions, f.captionUnit(groups))
		f.captions = slices.Delete(f.captions, 0, max(0, len(f.captions)-captionsMax))
	}
}

// captionUnit writes a NAL unit of SEI with captions: user data of the United States, ATSC, GA94, captions.
func (f *nals) captionUnit(groups [][3]byte) []byte {
	const registered, captions, process, none, end = 4, 3, 0x40, 0xFF, 0x80
	data := append([]byte{0xB5, 0x00, 0x31}, 'G', 'A', '9', '4', captions, process|byte(len(groups)), none)
	for _, g := range groups {
		data = append(data, g[:]...)
	}
	data = append(data, none)
	body := append([]byte{registered, byte(len(data))}, data...)
	unit := []byte{byte(h264.NALUTypeSEI)}
	if f.hevc {
		const prefixSEI, layer = 39, 1
		unit = []byte{prefixSEI << 1, layer}
	}
	return append(unit, emulated(append(body, end))...)
}

// emulated puts a 3 wherever bytes would look like a start code.
func emulated(b []byte) (out []byte) {
	zeros := 0
	for _, c := range b {
		if zeros == 2 && c <= 3 {
			out, zeros = append(out, 3), 0
		}
		if zeros++; c != 0 {
			zeros = 0
		}
		out = append(out, c)
	}
	return out
}

// withCaptions puts the captions that wait before the first slice of a picture.
func (f *nals) withCaptions(units [][]byte) [][]byte {
	at := slices.IndexFunc(units, f.slice)
	units = slices.Insert(units, at, f.captions...)
	f.captions = nil
	return units
}

package rules

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// initial is a media initialization section (3.1.2).
type initial struct {
	brands []string
	order  bool // a movie box follows the file type box
	extend bool // there is a movie extends box
	zero   bool // durations and sample counts are zero
	tracks []track
}

// track is what an initial says of one track.
type track struct {
	id            uint32
	scale         uint32
	codec         string // RFC 6381, of H.264 and AAC in full, of others the first word
	entry         string // of the sample entry: avc1, mp4a
	width, height int
	channels      int
	usual         usual
}

// usual is what samples are unless a fragment says otherwise (trex, tfhd).
type usual struct{ duration, size, flags uint32 }

func readInitial(b []byte) (*initial, error) {
	top, err := readBoxes(b, 0)
	if err != nil {
		return nil, err
	}
	i := &initial{zero: true}
	if len(top) >= 2 && top[0].kind == "ftyp" && top[1].kind == "moov" {
		i.order = true
	}
	for _, f := range inside(top, "ftyp") {
		for n := 0; n+4 <= len(f.body); n += 4 {
			if n != 4 { // the minor version
				i.brands = append(i.brands, string(f.body[n:n+4]))
			}
		}
	}
	i.extend = len(inside(top, "moov", "mvex")) > 0
	for _, h := range inside(top, "moov", "mvhd") {
		r := reader{b: h.body}
		version, _ := r.flags()
		r.sized(version)
		r.sized(version)
		r.u32()
		i.zero = i.zero && r.sized(version) == 0
	}
	for _, t := range inside(top, "moov", "trak") {
		children, _ := readBoxes(t.body, 0)
		one, zero := readTrack(children)
		i.zero = i.zero && zero
		i.tracks = append(i.tracks, one)
	}
	for _, x := range inside(top, "moov", "mvex", "trex") {
		r := reader{b: x.body}
		r.flags()
		id := r.u32()
		r.u32()
		if n := slices.IndexFunc(i.tracks, func(t track) bool { return t.id == id }); n >= 0 {
			i.tracks[n].usual = usual{r.u32(), r.u32(), r.u32()}
		}
	}
	if len(i.tracks) == 0 {
		return i, fmt.Errorf("it has no track")
	}
	return i, nil
}

func readTrack(in []box) (t track, zero bool) {
	zero = true
	for _, h := range inside(in, "tkhd") {
		r := reader{b: h.body}
		version, _ := r.flags()
		r.sized(version)
		r.sized(version)
		t.id = r.u32()
		r.u32()
		zero = r.sized(version) == 0
	}
	for _, h := range inside(in, "mdia", "mdhd") {
		r := reader{b: h.body}
		version, _ := r.flags()
		r.sized(version)
		r.sized(version)
		t.scale = r.u32()
	}
	for _, s := range inside(in, "mdia", "minf", "stbl", "stsz") {
		r := reader{b: s.body}
		r.flags()
		r.u32()
		zero = zero && r.u32() == 0
	}
	for _, d := range inside(in, "mdia", "minf", "stbl", "stsd") {
		if len(d.body) > 8 {
			entries, _ := readBoxes(d.body[8:], 0)
			for _, e := range entries[:min(1, len(entries))] {
				t.describe(e)
			}
		}
	}
	return t, zero
}

// describe reads a sample entry.
func (t *track) describe(e box) {
	t.entry, t.codec = e.kind, e.kind
	const visual, audio = 78, 28 // bytes before the boxes inside
	switch e.kind {
	case "avc1", "avc3", "hvc1", "hev1", "av01", "vp09":
		if len(e.body) < visual {
			return
		}
		t.width, t.height = int(binary.BigEndian.Uint16(e.body[24:])), int(binary.BigEndian.Uint16(e.body[26:]))
		boxes, _ := readBoxes(e.body[visual:], 0)
		for _, c := range inside(boxes, "avcC") {
			if len(c.body) >= 4 {
				t.codec = fmt.Sprintf("%s.%02x%02x%02x", e.kind, c.body[1], c.body[2], c.body[3])
			}
		}
	case "mp4a", "Opus", "fLaC", "ac-3":
		if len(e.body) < audio {
			return
		}
		t.channels = int(binary.BigEndian.Uint16(e.body[16:]))
		boxes, _ := readBoxes(e.body[audio:], 0)
		for _, d := range inside(boxes, "esds") {
			t.esds(d.body)
		}
	}
}

// esds reads what kind of MPEG-4 audio it is, from the descriptors of ISO/IEC 14496-1.
func (t *track) esds(b []byte) {
	r := reader{b: b}
	r.flags()
	for !r.short && len(r.b) > 0 {
		kind := r.u8()
		for more := true; more; {
			more = r.u8()&0x80 != 0
		}
		switch kind {
		case 3: // ES_Descriptor
			r.u16()
			r.u8()
		case 4: // DecoderConfigDescriptor
			object := r.u8()
			r.take(12)
			t.codec = fmt.Sprintf("mp4a.%02x", object)
		case 5: // DecoderSpecificInfo
			first, second := r.u8(), r.u8()
			t.codec += fmt.Sprintf(".%d", first>>3)
			if channels := int(second >> 3 & 15); channels > 0 {
				t.channels = channels
			}
			return
		default:
			return
		}
	}
}

// track returns the track with this id.
func (i *initial) track(id uint32) *track {
	for n := range i.tracks {
		if i.tracks[n].id == id {
			return &i.tracks[n]
		}
	}
	return nil
}

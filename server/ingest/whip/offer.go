package whip

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// Bounds on offers.
const (
	// OfferMax is how many bytes an offer may have: browsers send about 6 KiB with everything that they know.
	OfferMax = 64 << 10
	// sectionsMax bounds the media sections of an offer.
	sectionsMax = 8
	// formatsMax bounds the H.264 formats, with their retransmissions, that are taken from an offer: browsers send about 20.
	formatsMax = 64
	// credentialMax is the longest ICE credential (RFC 8839, section 5.4).
	credentialMax = 256
	// spropName is the parameter that tells parameter sets.
	spropName = "sprop-parameter-sets="
)

// The kinds of error of an offer or a fragment, for errors.Is. Their texts are for publishers.
var (
	ErrMalformed = errors.New("the request is not valid")
	ErrMedia     = errors.New("the offered media cannot be taken")
)

// wish is what an offer asks for.
type wish struct {
	text       string // the offer, without candidates: nobody is sent anything before he asks
	ufrag, pwd string
	wanted     [2]bool // picture, sound
	formats    []format
	sets       [][]byte // parameter sets that are told here, and perhaps nowhere else
}

// format is a payload type that is taken.
type format struct {
	track   int
	payload uint8
	again   bool   // it carries retransmissions of another
	fmtp    string // its parameters
}

// readOffer reads an offer, or says what is wrong with it.
func readOffer(text []byte) (wish, error) {
	var offer sdp.SessionDescription
	if len(text) > OfferMax {
		return wish{}, fmt.Errorf("%w: an offer has at most %d bytes", ErrMalformed, OfferMax)
	}
	if err := offer.Unmarshal(text); err != nil {
		return wish{}, fmt.Errorf("%w: the body is not an SDP offer", ErrMalformed)
	}
	if n := len(offer.MediaDescriptions); n == 0 || n > sectionsMax {
		return wish{}, fmt.Errorf("%w: an offer has 1 to %d media sections", ErrMalformed, sectionsMax)
	}
	var w wish
	w.ufrag, _ = offer.Attribute("ice-ufrag")
	w.pwd, _ = offer.Attribute("ice-pwd")
	offer.Attributes = withoutCandidates(offer.Attributes)
	for _, m := range offer.MediaDescriptions {
		if err := w.section(m); err != nil {
			return wish{}, err
		}
		m.Attributes = withoutCandidates(m.Attributes)
	}
	if !w.wanted[picture] && !w.wanted[sound] {
		return wish{}, fmt.Errorf("%w: the offer sends neither picture nor sound", ErrMedia)
	}
	if !credential(w.ufrag) || !credential(w.pwd) {
		return wish{}, fmt.Errorf("%w: the offer has no ICE credentials", ErrMalformed)
	}
	plain, err := offer.Marshal()
	if err != nil {
		return wish{}, fmt.Errorf("%w: the body is not an SDP offer", ErrMalformed)
	}
	w.text = string(plain)
	return w, nil
}

func credential(s string) bool { return s != "" && len(s) <= credentialMax }

func withoutCandidates(all []sdp.Attribute) []sdp.Attribute {
	return slices.DeleteFunc(all, func(a sdp.Attribute) bool { return a.Key == "candidate" || a.Key == "end-of-candidates" })
}

// section takes a media section.
func (w *wish) section(m *sdp.MediaDescription) error {
	track := picture
	switch m.MediaName.Media {
	case "video":
	case "audio":
		track = sound
	default:
		return fmt.Errorf("%w: picture and sound are taken, but the offer has a section for something else (a data channel?)", ErrMedia)
	}
	if ufrag, ok := m.Attribute("ice-ufrag"); ok && w.ufrag == "" {
		w.ufrag = ufrag
		w.pwd, _ = m.Attribute("ice-pwd")
	}
	for _, idle := range []string{"recvonly", "inactive"} {
		if _, ok := m.Attribute(idle); ok {
			return nil
		}
	}
	if w.wanted[track] {
		return fmt.Errorf("%w: one picture and one sound are taken, but the offer has several of a kind", ErrMedia)
	}
	w.wanted[track] = true
	return w.take(track, m)
}

// take notes the formats of a section that are taken: H.264 with its retransmissions, or Opus.
func (w *wish) take(track int, m *sdp.MediaDescription) error {
	names, parameters := map[uint8]string{}, map[uint8]string{}
	for _, a := range m.Attributes {
		number, rest, _ := strings.Cut(a.Value, " ")
		payload, err := strconv.ParseUint(number, 10, 7)
		if err != nil {
			continue
		}
		switch a.Key {
		case "rtpmap":
			names[uint8(payload)] = strings.ToLower(strings.TrimSpace(rest))
		case "fmtp":
			parameters[uint8(payload)] = strings.TrimSpace(rest)
		}
	}
	useful := "h264/90000"
	if track == sound {
		useful = "opus/48000/2"
	}
	before := len(w.formats)
	var payloads []uint8
	for _, number := range m.MediaName.Formats {
		payload, err := strconv.ParseUint(number, 10, 7)
		if err != nil {
			return fmt.Errorf("%w: a media section names formats that are no numbers", ErrMalformed)
		}
		if !slices.Contains(payloads, uint8(payload)) {
			payloads = append(payloads, uint8(payload))
		}
	}
	for _, payload := range payloads {
		if names[payload] == useful {
			w.formats = append(w.formats, format{track: track, payload: payload, fmtp: parameters[payload]})
			w.sets = append(w.sets, setsIn(parameters[payload])...)
		}
	}
	if len(w.formats) == before {
		return wrongCodec(track, names)
	}
	for _, payload := range payloads {
		apt, ok := strings.CutPrefix(parameters[payload], "apt=")
		main, err := strconv.ParseUint(apt, 10, 7)
		if ok && err == nil && names[payload] == "rtx/90000" && slices.ContainsFunc(w.formats[before:], func(f format) bool { return !f.again && f.payload == uint8(main) }) {
			w.formats = append(w.formats, format{track: track, payload: payload, again: true, fmtp: fmt.Sprintf("apt=%d", main)})
		}
	}
	if len(w.formats) > formatsMax {
		return fmt.Errorf("%w: the offer has more than %d formats", ErrMalformed, formatsMax)
	}
	return nil
}

// setsIn returns the parameter sets in a format's parameters (RFC 6184, section 8.1): GStreamer tells them there, and by default
// nowhere else.
func setsIn(fmtp string) (sets [][]byte) {
	for field := range strings.SplitSeq(fmtp, ";") {
		list, ok := strings.CutPrefix(strings.TrimSpace(field), spropName)
		if !ok {
			continue
		}
		for text := range strings.SplitSeq(list, ",") {
			if unit, err := base64.StdEncoding.DecodeString(text); err == nil && len(unit) > 0 && len(sets) < setsMax {
				sets = append(sets, unit)
			}
		}
	}
	return sets
}

// wrongCodec says what to send instead of what was offered.
func wrongCodec(track int, names map[uint8]string) error {
	var offered []string
	for _, known := range []string{"VP8", "VP9", "AV1", "H265", "PCMU", "PCMA", "G722"} {
		for _, name := range names {
			if codec, _, _ := strings.Cut(name, "/"); codec == strings.ToLower(known) && !slices.Contains(offered, known) {
				offered = append(offered, known)
			}
		}
	}
	what := "none that is known"
	if len(offered) > 0 {
		what = strings.Join(offered, ", ")
	}
	if track == sound {
		return fmt.Errorf("%w: sound must be Opus, and the offer has %s", ErrMedia, what)
	}
	return fmt.Errorf("%w: pictures must be H.264, and the offer has %s: choose H.264 in the publisher (in OBS: Settings > Output > Video Encoder)", ErrMedia, what)
}

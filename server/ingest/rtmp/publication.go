package rtmp

import (
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/message"

	"shoal/server/ingest"
	"shoal/server/ingest/gate"
	"shoal/server/ingest/mend"
)

var errNoHeader = errors.New("media came before the sequence header that says what it is: restart the encoder")

// publication turns messages into frames.
type publication struct {
	mender   *mend.Mender
	pictures []uint8     // the publisher's numbers of pictures, in the order in which they came; at most 1 + ingest.RungsMax
	sounds   []uint8     // the same of sounds; at most ingest.SoundsMax
	further  [256]bool   // sounds that came after, by number
	speech   [256]string // languages that metadata tells, by number

	say      func(language, text string) // takes texts; nil: nobody does
	language string                      // of texts that do not say theirs
}

// newPublication takes the languages of sounds that say none themselves, in their order.
func newPublication(a gate.Admission, languages []string, log *slog.Logger) *publication {
	p := &publication{mender: mend.New(a.Sink, log), pictures: []uint8{0}, sounds: []uint8{0}, say: a.Text, language: languageUnsaid}
	if len(languages) > 0 && languages[0] != "" {
		p.language = languages[0]
	}
	p.mender.LeftOut, p.mender.RungOut = a.LeftOut, a.RungOut
	for n, language := range languages[:min(len(languages), ingest.SoundsMax)] {
		p.mender.Speaks(n, language)
	}
	return p
}

// take takes a message and reports whether it was picture or sound.
func (p *publication) take(m message.Message) (media bool, err error) {
	switch m := m.(type) {
	case *message.DataAMF0:
		p.data(m.Payload)
		return false, nil
	case *message.Video:
		return m.Type == message.VideoTypeAU, p.video(m)
	case *message.VideoExMultitrack:
		if n, ok := p.pictureOf(m.TrackID); ok {
			return p.takePicture(n, m.Wrapped)
		}
		return false, nil
	case *message.VideoExSequenceStart, *message.VideoExFramesX, *message.VideoExCodedFrames:
		return p.takePicture(0, m)
	case *message.Audio:
		return m.AACType == message.AudioAACTypeAU, p.audio(m)
	case *message.AudioExMultitrack:
		if n, ok := p.soundOf(m.TrackID); ok {
			return p.takeSound(n, m.Wrapped)
		}
		return false, nil
	}
	return p.takeSound(0, m)
}

// takeSound takes a message of Enhanced RTMP about sound n.
func (p *publication) takeSound(n int, m message.Message) (media bool, err error) {
	switch m := m.(type) {
	case *message.AudioExSequenceStart:
		return false, p.audioStart(n, m)
	case *message.AudioExCodedFrames:
		if m.FourCC != message.FourCCMP4A && m.FourCC != message.FourCCOpus {
			return true, mend.ErrCodec
		}
		return true, p.sound(n, m.DTS, m.Payload)
	}
	return false, nil
}

// soundOf returns which sound the publisher's number means, if there is room for it.
func (p *publication) soundOf(track uint8) (n int, ok bool) {
	if n = slices.Index(p.sounds, track); n >= 0 {
		return n, true
	}
	if len(p.sounds) < ingest.SoundsMax {
		p.sounds = append(p.sounds, track)
		n = len(p.sounds) - 1
		p.mender.Speaks(n, p.speech[track])
		return n, true
	}
	if !p.further[track] {
		p.further[track] = true
		left := 0
		for _, out := range p.further {
			if out {
				left++
			}
		}
		p.mender.Further(left)
	}
	return 0, false
}

// metadata learns from onMetaData which kinds will come.
func (p *publication) metadata(data amf0.Data) {
	for _, v := range data {
		var o amf0.Object
		switch v := v.(type) {
		case amf0.Object:
			o = v
		case amf0.ECMAArray:
			o = amf0.Object(v)
		}
		if says(o, "videocodecid") {
			p.mender.SaysPicture()
		}
		if says(o, "audiocodecid") {
			p.mender.SaysSound(0, languageIn(o))
		}
		p.furtherSounds(o)
	}
}

func says(o amf0.Object, name string) bool {
	id, ok := o.Get(name)
	return ok && id != nil && id != float64(0) && id != ""
}

// languageIn reads a language of metadata. The standard names none, publishers call it so.
func languageIn(o amf0.Object) string {
	for _, name := range []string{"language", "lang", "audiolanguage"} {
		if text, ok := o.GetString(name); ok {
			return ingest.Language(text)
		}
	}
	return ""
}

// furtherSounds reads the languages of sounds beside the first, by number (audioTrackIdInfoMap of Enhanced RTMP 2). Which sounds
// there are it is not believed in: publishers number them otherwise there.
func (p *publication) furtherSounds(o amf0.Object) {
	found, _ := o.Get("audioTrackIdInfoMap")
	var list amf0.Object
	switch found := found.(type) {
	case amf0.Object:
		list = found
	case amf0.ECMAArray:
		list = amf0.Object(found)
	}
	for _, e := range list {
		track, err := strconv.ParseUint(e.Key, 10, 8)
		about, ok := e.Value.(amf0.Object)
		if err != nil || !ok {
			continue
		}
		p.speech[track] = languageIn(about)
		if n := slices.Index(p.sounds, uint8(track)); n >= 0 {
			p.mender.Speaks(n, p.speech[track])
		}
	}
}

func (p *publication) audio(m *message.Audio) error {
	if m.Codec != message.CodecMPEG4Audio {
		return mend.ErrCodec
	}
	if m.AACType == message.AudioAACTypeConfig {
		if m.AACConfig == nil { // some encoders announce their sound with an empty one first
			return nil
		}
		return p.mender.AAC(0, m.AACConfig)
	}
	return p.sound(0, m.DTS, m.AU)
}

func (p *publication) sound(n int, at time.Duration, payload []byte) error {
	if !p.mender.HasSound(n) {
		return errNoHeader
	}
	return p.mender.Sound(n, uint32(at/time.Millisecond), payload)
}

// audioStart takes a sequence header of Enhanced RTMP.
func (p *publication) audioStart(n int, m *message.AudioExSequenceStart) error {
	switch {
	case m.AACConfig != nil:
		return p.mender.AAC(n, m.AACConfig)
	case m.OpusConfig != nil:
		return p.mender.Opus(n, int(m.OpusConfig.ChannelCount))
	}
	return mend.ErrCodec
}

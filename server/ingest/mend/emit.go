package mend

import (
	"fmt"
	"strings"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/segment"
	"shoal/server/ingest"
)

// tracks starts a run at the sink.
func (p *Mender) tracks() error {
	var out []ingest.Track
	for n, s := range p.streams {
		if s == nil || s.codec == nil {
			continue
		}
		t := ingest.Track{Kind: s.kind, Codec: s.codec, TimeScale: pictureScale, Rung: s.rung.number}
		if s.kind == segment.Audio {
			t.TimeScale, t.Language = soundRate(s.codec), p.speech[n]
		}
		out = append(out, t)
	}
	return p.sink.Tracks(out)
}

// emit gives a unit its times and hands it over.
func (p *Mender) emit(u unit) error {
	s := u.stream
	if s.rung.number > 0 {
		return p.emitRung(u)
	}
	if s.codec == nil {
		if !p.late {
			p.late = true
			p.log.Warn("a picture or sound began too late and is left out: have the encoder send all from the beginning", "kind", s.kind.String())
		}
		return nil
	}
	if u.codec == nil { // from before the first key frame
		return nil
	}
	if u.codec != s.codec {
		s.codec = u.codec
		p.log.Info("the encoder's settings changed", "kind", s.kind.String())
		p.times.restart()
		if err := p.again(); err != nil {
			return err
		}
	}
	v := p.times.seen(s.number, u.raw)
	switch v {
	case stray:
		return nil
	case exhausted:
		return fmt.Errorf("timestamps jump all the time: more than %d times within a few seconds", jumpCredit)
	case jumped:
		p.log.Info("the encoder's timestamps jumped: players see a break", "kind", s.kind.String(), "to_ms", u.raw)
		if err := p.again(); err != nil {
			return err
		}
		p.times.seen(s.number, u.raw)
	}
	out := ingest.Sample{Track: s.number, Key: u.key, Data: u.data}
	if s.kind == segment.Audio {
		lasts := soundLasts(s.codec, u.data)
		out.DTS = p.times.sound(s.number, lasts, s.lasts)
		out.PTS = out.DTS
		s.lasts = lasts
	} else {
		out.DTS, out.PTS = p.times.picture(s.number, u.offset)
	}
	return p.sink.Sample(out)
}

// soundsText names all sounds for the log.
func (p *Mender) soundsText() string {
	var all []string
	for n, s := range p.streams[sound:rungs] {
		if s == nil || s.codec == nil {
			continue
		}
		text := codecText(s)
		if speech := p.speech[sound+n]; speech != "" {
			text += " (" + speech + ")"
		}
		all = append(all, text)
	}
	if len(all) == 0 {
		return codecText(nil)
	}
	return strings.Join(all, ", ")
}

// codecText names a stream's codec for the log.
func codecText(s *stream) string {
	if s == nil || s.codec == nil {
		return "none"
	}
	switch s.codec.(type) {
	case *codecs.H264:
		return "H.264"
	case *codecs.H265:
		return "H.265"
	case *codecs.MPEG4Audio:
		return "AAC"
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", s.codec), "*codecs.") // AV1, VP9, Opus
}

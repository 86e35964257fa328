package mend

import (
	"fmt"
	"strings"

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
			p.log.Warn("a track came too late and is left out: restart the encoder", "kind", s.kind.String())
		}
		return nil
	}
	if u.codec == nil { // from before the first key frame
		return nil
	}
	if u.codec != s.codec {
		s.codec = u.codec
		p.log.Info("the parameters changed", "kind", s.kind.String())
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
		p.log.Info("timestamps jumped", "kind", s.kind.String(), "to_ms", u.raw)
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
	return strings.TrimPrefix(fmt.Sprintf("%T", s.codec), "*codecs.")
}

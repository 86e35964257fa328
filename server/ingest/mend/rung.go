package mend

import (
	"shoal/server/ingest"
)

// rung is what a stream has besides that is a picture beside the first. Whatever is wrong with it costs this picture alone: it cannot
// begin a run, move the clock or end the publication.
type rung struct {
	number int  // from 1 to ingest.RungsMax; 0: it is no such picture
	out    bool // until the next run
	waits  bool // frames of it are missing: only a key frame can follow
}

// LeaveOut says why picture n, from 1, is left out until the next run. Beyond ingest.RungsMax it stands for all that there is no room for.
func (p *Mender) LeaveOut(n int, why string) {
	if n <= ingest.RungsMax {
		if s := p.streams[pictureStream(n)]; s != nil {
			if s.rung.out {
				return
			}
			s.rung.out = true
		}
	}
	if p.RungOut != nil {
		p.RungOut(n, why)
	}
}

// pictured tells whether the first picture is a track.
func (p *Mender) pictured() bool { return p.streams[picture] != nil && p.streams[picture].codec != nil }

// rungsBehind puts units of rungs that came before the first one of the picture behind it: it must have been placed on the clock before.
func rungsBehind(picture *stream, queue []unit) []unit {
	var ordered, early []unit
	placed := false
	for _, u := range queue {
		if u.stream.rung.number > 0 && !placed {
			early = append(early, u)
			continue
		}
		ordered = append(ordered, u)
		if u.stream == picture && u.codec != nil && !placed {
			placed = true
			ordered = append(ordered, early...)
		}
	}
	if !placed {
		ordered = append(ordered, early...)
	}
	return ordered
}

// again starts a further run: rungs that were left out have another chance, with the parameters of now.
func (p *Mender) again() error {
	for _, s := range p.streams[rungs:] {
		if s == nil || s.codec == nil {
			continue
		}
		if now := s.format.codec(); now != nil {
			s.codec = now
		}
		if s.rung.out && p.RungOut != nil {
			p.RungOut(s.rung.number, "")
		}
		s.rung.out, s.rung.waits = false, true
	}
	return p.tracks()
}

// emitRung gives a unit of a rung its times and hands it over.
func (p *Mender) emitRung(u unit) error {
	s := u.stream
	r := &s.rung
	switch {
	case r.out || u.codec == nil:
		return nil
	case s.codec == nil && !p.pictured():
		p.LeaveOut(r.number, "there is no first picture: number the tracks from 0")
		return nil
	case s.codec == nil:
		p.LeaveOut(r.number, "it came after the broadcast had begun: restart the encoder")
		return nil
	case u.codec != s.codec:
		p.LeaveOut(r.number, "its parameters changed, and those of the first picture did not: restart the encoder")
		return nil
	case !p.times.follows(p.streams[picture].number, s.number, u.raw):
		r.waits = true
		return nil
	case r.waits && !u.key:
		return nil
	}
	r.waits = false
	out := ingest.Sample{Track: s.number, Key: u.key, Data: u.data}
	out.DTS, out.PTS = p.times.picture(s.number, u.offset)
	return p.sink.Sample(out)
}

// picturesText names all pictures for the log.
func (p *Mender) picturesText() string {
	text := codecText(p.streams[picture])
	for _, s := range p.streams[rungs:] {
		if s != nil && s.codec != nil {
			text += ", " + codecText(s)
		}
	}
	return text
}

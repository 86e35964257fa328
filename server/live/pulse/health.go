package pulse

import (
	"slices"
	"time"

	"shoal/segment"
	"shoal/server/pack"
)

// Health is how a publisher's stream comes in. Rates are of the last Window, or of as long as it is there.
type Health struct {
	Publishing    bool
	Protocol      string        // rtmp, rtmps, srt, whip; "" for a publisher inside the house
	Connected     time.Time     // since when the publisher is there
	Returns       int           // how often a publisher came back to this broadcast
	Restarts      int           // how often this publisher's clock or parameters jumped
	BitsPerSecond int64         // of media
	FramesPerSec  float64       // pictures
	KeyInterval   time.Duration // mean of the last key frames; 0 while there were not two
	KeyWaiting    time.Duration // since the last key frame
	FramesMissing int           // of this publisher: gaps in its times, in frames
	MissingLately int           // the same, in Window
	PacketsLost   int           // of this publisher, where the protocol tells
	LostLately    int           // the same, in Window
	Picture       string        // codec, "" without
	Width, Height int
	Rungs         []Rung        // the publisher's own, by number
	Captions      []string      // inside the picture, as INSTREAM-ID names them; not to be changed
	Sound         string        // codec of the first, "" without
	Sounds        []Sound       // all
	LeftOut       int           // sounds that there is no room for
	SoundSilent   time.Duration // since the last frame of sound, if there is a track for it
	PictureSilent time.Duration // the same of the picture
	Behind        time.Duration // by how much media has fallen behind the clock
	Advice        []Advice      // what to do, the most important first

	plain bool   // a rung that every browser plays stands beside the picture
	alone string // what would help if none does
}

// Sound is one of several.
type Sound struct {
	Codec    string
	Language string // "" if the publisher does not say
}

// Rung is a picture beside the first.
type Rung struct {
	Number        int    // in the publisher's order, the first picture being 1
	Picture       string // codec; "" of what was left out before it was looked at
	Width, Height int
	LeftOut       string // why; "": it is a rung of the broadcast
}

// Health says how things are now.
func (p *Pulse) Health(now time.Time) Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := Health{
		Publishing: p.here, Protocol: p.protocol, Connected: p.connected, Returns: p.returns, Restarts: max(0, p.runs-1),
		FramesMissing: p.missing, PacketsLost: p.lost,
	}
	if !p.here {
		return h
	}
	p.rates(now, &h)
	h.Captions, h.LeftOut = p.captions, p.leftOut
	for _, t := range p.tracks {
		if t.Kind == segment.Audio {
			h.Sounds = append(h.Sounds, Sound{pack.CodecName(t), t.Language})
			h.Sound = h.Sounds[0].Codec
			continue
		}
		h.Picture = pack.CodecName(t)
		h.Width, h.Height, _ = pack.Picture(t)
	}
	h.Rungs, h.plain, h.alone = p.ownRungs(), slices.Contains(p.everywhere[:], true), p.alone
	for _, k := range p.keys {
		h.KeyInterval += k / time.Duration(len(p.keys))
	}
	if p.keySeen {
		h.KeyWaiting = p.picture.last - p.lastKey
	}
	if p.runs > 0 {
		h.SoundSilent, h.PictureSilent = p.silent(now, p.hasSound, p.sound), p.silent(now, p.hasVideo, p.picture)
	}
	if p.lead.set {
		h.Behind = max(0, p.lead.most-p.lead.now)
	}
	h.Advice = advise(h)
	return h
}

// ownRungs are the publisher's. The caller holds mu.
func (p *Pulse) ownRungs() (all []Rung) {
	for n := 1; n < len(p.rungsOut); n++ {
		r := Rung{Number: n + 1, LeftOut: p.rungsOut[n]}
		for _, t := range p.rungs {
			if t.Rung == n {
				r.Picture = pack.CodecName(t)
				r.Width, r.Height, _ = pack.Picture(t)
			}
		}
		if r.Picture != "" || r.LeftOut != "" {
			all = append(all, r)
		}
	}
	return all
}

// silent is for how long nothing came of a track. The caller holds mu.
func (p *Pulse) silent(now time.Time, has bool, t track) time.Duration {
	if !has {
		return 0
	}
	since := t.at
	if since.Before(p.connected) {
		since = p.connected
	}
	return now.Sub(since)
}

// rates sums up the whole seconds of Window. The caller holds mu.
func (p *Pulse) rates(now time.Time, h *Health) {
	p.at(now)
	running := now.Unix() % seconds
	sum := second{}
	for i, s := range p.past {
		h.MissingLately += s.missing
		h.LostLately += s.lost
		if int64(i) == running {
			continue
		}
		sum.bytes += s.bytes
		sum.pictures += s.pictures
	}
	// The second in which it connected counts as a part of one.
	over := min(Window, time.Unix(now.Unix(), 0).Sub(p.connected))
	if over < time.Second {
		return
	}
	h.BitsPerSecond = int64(float64(sum.bytes*8) / over.Seconds())
	h.FramesPerSec = float64(sum.pictures) / over.Seconds()
}

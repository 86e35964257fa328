package pack

import (
	"errors"
	"fmt"
	"time"

	"shoal/segment"
	"shoal/server/ingest"
	"shoal/server/pack/caption"
)

// What parts and segments aim at unless Config says otherwise.
const (
	DefaultPartTarget    = 500 * time.Millisecond
	DefaultSegmentTarget = 2 * time.Second
)

// Bounds on cutting.
const (
	// SegmentMax is where a segment is cut though no key frame came: it bounds what a window holds. Encoders left to
	// themselves send a key frame every 250 frames, about 10 s.
	SegmentMax = 16 * time.Second
	// runLead keeps times of a run above its base when one track starts a little earlier than the first one seen.
	runLead = 100 * time.Millisecond
	// silenceMax is how far a track may lag behind another before nothing waits for it.
	silenceMax = 2 * time.Second
	// cutsMax bounds the segment starts remembered for tracks that lag: about two minutes.
	cutsMax = 64
)

// ErrTracksChanged says that a publication came back with other kinds of tracks: playlists cannot follow, so a new
// epoch must begin.
var ErrTracksChanged = errors.New("the tracks are not of the same kinds as before")

// Config says what to aim at. The zero value means the defaults.
type Config struct {
	PartTarget    time.Duration
	SegmentTarget time.Duration
}

// Packer cuts the samples of one epoch into parts. It is not safe for concurrent use.
type Packer struct {
	config Config
	emit   func(Part) error
	tracks []*cutter
	cuts   []cut // ascending; the last one is where the newest segment starts

	inRun  bool          // a sample of the run was seen
	base   time.Duration // where in the epoch the run's first sample is put
	offset time.Duration // from the run's clock to the epoch's
	wall   time.Time     // wall-clock time of base
	newest time.Duration // the latest decode time of any track

	captions caption.Seen // of all pictures but rungs
	groups   groups       // the same
}

// cut is where a segment starts.
type cut struct {
	msn uint64
	at  time.Duration
}

// New returns a Packer for an epoch whose first segment has the number firstMSN. wallStart is the wall-clock time of
// the first sample. emit is called from Write, Discontinuity and Flush with each finished part; its error is theirs.
func New(config Config, tracks []ingest.Track, firstMSN uint64, wallStart time.Time, emit func(Part) error) (*Packer, error) {
	if config.PartTarget == 0 {
		config.PartTarget = DefaultPartTarget
	}
	if config.SegmentTarget == 0 {
		config.SegmentTarget = DefaultSegmentTarget
	}
	p := &Packer{config: config, emit: emit, wall: wallStart, base: runLead}
	p.cuts = []cut{{msn: firstMSN}}
	if len(tracks) == 0 || len(tracks) > segment.TracksMax {
		return nil, fmt.Errorf("a broadcast has 1 to %d tracks, this one has %d", segment.TracksMax, len(tracks))
	}
	for i, t := range tracks {
		c, err := newCutter(p, segment.Track(i), t)
		if err != nil {
			return nil, err
		}
		p.tracks = append(p.tracks, c)
	}
	return p, nil
}

// Discontinuity ends the run: what is pending becomes parts, and the next sample starts a new segment with the flag
// set. tracks are those of the new run (ErrTracksChanged if they are of other kinds), wall is the time of its first
// sample. Times in the epoch go on from where they were.
func (p *Packer) Discontinuity(tracks []ingest.Track, wall time.Time) error {
	if len(tracks) != len(p.tracks) {
		return ErrTracksChanged
	}
	inits := make([][]byte, len(tracks))
	for i, t := range tracks {
		if t.Kind != p.tracks[i].track.Kind || IsRung(t) != p.tracks[i].rung {
			return ErrTracksChanged
		}
		if IsRung(t) {
			continue
		}
		var err error
		if inits[i], err = p.tracks[i].initFor(t); err != nil {
			return err
		}
	}
	if err := p.Flush(); err != nil {
		return err
	}
	end := time.Duration(0)
	for _, c := range p.tracks {
		end = max(end, c.end())
	}
	if p.inRun {
		p.addCut(end)
	}
	for i, c := range p.tracks {
		c.restart(tracks[i], inits[i], p.inRun)
	}
	p.base, p.wall, p.inRun = end+runLead, wall, false
	return nil
}

// Wall returns the time of day of the newest sample of the first track, as its part will tell it.
func (p *Packer) Wall() time.Time { return p.wall.Add(p.tracks[0].heard() - p.base) }

// Flush turns everything pending into parts. Nothing but Discontinuity may follow.
func (p *Packer) Flush() error {
	for _, c := range p.tracks {
		if err := c.flush(); err != nil {
			return err
		}
	}
	return nil
}

// Write takes the next sample of a track, in its decode order.
func (p *Packer) Write(s ingest.Sample) error {
	if s.Track < 0 || s.Track >= len(p.tracks) {
		return fmt.Errorf("sample of track %d, but the publication has %d tracks", s.Track, len(p.tracks))
	}
	c := p.tracks[s.Track]
	if len(s.Data) == 0 || c.waitsForKey && !s.Key || c.rung && !p.goesOn(c, s) {
		return nil
	}
	if !p.inRun {
		p.inRun = true
		p.offset = p.base - s.DTS
	}
	p.notice(c, s)
	before := p.newestCut()
	if err := c.write(s); err != nil {
		return err
	}
	p.newest = max(p.newest, c.end())
	for _, other := range p.tracks {
		if err := p.follow(other, before); err != nil {
			return err
		}
	}
	return nil
}

// follow lets a track take notice of what another one's sample changed.
func (p *Packer) follow(c *cutter, before cut) error {
	if newest := p.newestCut(); newest != before {
		if err := c.cutAt(newest); err != nil {
			return err
		}
	}
	if p.newest-c.heard() > silenceMax && !c.rung { // a rung lags because it is made, not because it is silent
		return c.flushPending()
	}
	return nil
}

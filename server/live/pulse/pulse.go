package pulse

import (
	"slices"
	"sync"
	"time"

	"shoal/segment"
	"shoal/server/ingest"
)

const (
	// Window is what rates look back on.
	Window = 10 * time.Second
	// seconds is how many seconds are kept: Window and the running one, which rates leave out.
	seconds = int64(Window/time.Second) + 1
	// keysMax is how many distances of key frames are kept.
	keysMax = 4
	// gapMin is how much longer than usual the distance of two frames is where one is missing, in percent.
	gapMin = 180
	// gapMax bounds the frames that one gap counts as: a longer pause is one, not thousands of frames.
	gapMax = 300
)

// Pulse follows one broadcast's publisher. The zero value is ready, and its methods may be called at once.
type Pulse struct {
	mu sync.Mutex // guards all

	protocol  string
	connected time.Time // of the publisher that is there, or was there last
	here      bool
	returns   int // publishers after the first
	runs      int // of this publisher; each but the first began with a jump or with other parameters
	hasSound  bool
	hasVideo  bool
	tracks    []ingest.Track
	captions  []string // of the epoch

	past   [seconds]second
	newest int64 // the second that past holds last

	picture, sound track
	keys           []time.Duration // distances of the last key frames
	lastKey        time.Duration
	keySeen        bool
	missing, lost  int // of this publisher
	leftOut        int // sounds of this publisher that there is no room for
	rungs          []ingest.Track
	rungsOut       [ingest.RungsMax + 2]string // why, by Track.Rung; the last one stands for all that there is no room for
	lead           lead

	everywhere [ingest.RungsMax]bool // rungs of the broadcast that every browser plays
	alone      string                // what would help where there is none of those
}

// second counts one second of arrival.
type second struct {
	bytes, pictures, sounds, missing, lost int
}

// track is where a track stands in its run.
type track struct {
	placed bool
	last   time.Duration // decode time
	usual  time.Duration // distance of two frames
	at     time.Time     // when the last frame came
}

// lead compares media time with the clock.
type lead struct {
	set   bool
	media time.Duration
	wall  time.Time
	most  time.Duration // by how much media was ahead at best: what came in a burst
	now   time.Duration
}

// Connected says that a publisher came.
func (p *Pulse) Connected(now time.Time, protocol string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.connected.IsZero() {
		p.returns++
	}
	p.protocol, p.connected, p.here = protocol, now, true
	p.runs, p.missing, p.lost, p.leftOut = 0, 0, 0, 0
	p.rungs, p.rungsOut = nil, [ingest.RungsMax + 2]string{}
	p.past, p.keys = [seconds]second{}, nil // what the one before sent is not this one's
	p.restart()
}

// Left says that it went.
func (p *Pulse) Left(time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.here = false
}

// Tracks says that a run began. The publisher's own rungs are its last tracks: they are told of, and their samples not counted.
func (p *Pulse) Tracks(tracks []ingest.Track) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.runs++
	p.everywhere, p.alone = [ingest.RungsMax]bool{}, ""
	p.tracks, p.rungs = tracks, nil
	if n := slices.IndexFunc(tracks, func(t ingest.Track) bool { return t.Rung > 0 }); n >= 0 {
		p.tracks, p.rungs = tracks[:n], tracks[n:]
	}
	p.hasSound, p.hasVideo = false, false
	for _, t := range p.tracks {
		p.hasSound = p.hasSound || t.Kind == segment.Audio
		p.hasVideo = p.hasVideo || t.Kind == segment.Video
	}
	p.restart()
}

// LeftOut says how many sounds of the publisher there is no room for.
func (p *Pulse) LeftOut(sounds int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leftOut = sounds
}

// RungOut says why a picture beside the first is left out, "" that it is not any more, and reports whether that is news. n is its Track.Rung,
// or more for all that there is no room for.
func (p *Pulse) RungOut(n int, why string) (news bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n = min(max(n, 0), len(p.rungsOut)-1)
	news = p.rungsOut[n] != why
	p.rungsOut[n] = why
	return news
}

// Beside says what rung n of the run (0 is the largest), made or the publisher's own, is encoded with, as playlists name it: "" if it is not
// there.
func (p *Pulse) Beside(n int, codec string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n >= 0 && n < len(p.everywhere) {
		p.everywhere[n] = codec != "" && unplayed(codec) == nil
	}
}

// Alone says, in a sentence for people, what would help in this run if no rung that every browser plays stands beside its picture.
func (p *Pulse) Alone(helps string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.alone = helps
}

// Captions says which captions the pictures of the epoch carry so far.
func (p *Pulse) Captions(ids []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.captions = ids
}

// restart forgets what belongs to a run's clock. The caller holds mu.
func (p *Pulse) restart() {
	p.picture, p.sound, p.lead, p.keySeen = track{at: p.picture.at}, track{at: p.sound.at}, lead{}, false
}

// Lost says that packets were lost on the line.
func (p *Pulse) Lost(packets int) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost += packets
	p.at(now).lost += packets
}

// Sample counts a sample that came in now.
func (p *Pulse) Sample(now time.Time, s ingest.Sample) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.Track < 0 || s.Track >= len(p.tracks) {
		return
	}
	here := p.at(now)
	here.bytes += len(s.Data)
	if p.tracks[s.Track].Kind == segment.Audio {
		here.sounds++
		p.sound.follow(now, s.DTS)
	} else {
		here.pictures++
		missing := p.picture.follow(now, s.DTS)
		here.missing += missing
		p.missing += missing
		if s.Key {
			p.key(s.DTS)
		}
	}
	p.lead.follow(now, s.DTS)
}

// follow moves a track on, and returns how many frames seem to be missing before this one.
func (t *track) follow(now time.Time, dts time.Duration) (missing int) {
	distance := dts - t.last
	was := *t
	t.placed, t.last, t.at = true, dts, now
	switch {
	case !was.placed || distance <= 0:
		return 0
	case t.usual == 0:
		t.usual = distance
		return 0
	case distance*100 > t.usual*gapMin:
		if t.usual >= time.Millisecond {
			missing = min(int((distance+t.usual/2)/t.usual)-1, gapMax)
		}
		t.usual += (distance - t.usual) / 16 // an encoder may really have changed its rate
		return missing
	}
	t.usual += (distance - t.usual) / 8
	return 0
}

// key notes a key frame. The caller holds mu.
func (p *Pulse) key(dts time.Duration) {
	if p.keySeen && dts > p.lastKey {
		if len(p.keys) == keysMax {
			p.keys = append(p.keys[:0], p.keys[1:]...)
		}
		p.keys = append(p.keys, dts-p.lastKey)
	}
	p.lastKey, p.keySeen = dts, true
}

func (l *lead) follow(now time.Time, dts time.Duration) {
	if !l.set {
		*l = lead{set: true, media: dts, wall: now}
	}
	l.now = (dts - l.media) - now.Sub(l.wall)
	l.most = max(l.most, l.now)
}

// at returns the counts of a second, cleared if it is a new one. The caller holds mu.
func (p *Pulse) at(now time.Time) *second {
	s := now.Unix()
	for n := max(p.newest+1, s-seconds+1); n <= s; n++ {
		p.past[n%seconds] = second{}
	}
	p.newest = max(p.newest, s)
	return &p.past[s%seconds]
}

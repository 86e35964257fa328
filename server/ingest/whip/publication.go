package whip

import (
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
	"github.com/pion/rtp"

	"shoal/segment"
	"shoal/server/ingest"
)

const (
	picture = 0
	sound   = 1

	pictureRate = 90000
	soundRate   = 48000 // of Opus, whatever was recorded
)

// Bounds on the beginning.
const (
	// soundMax and pictureMax are how long a track that was offered may take to come before the publication begins without it. An encoder of
	// pictures starts late where the machine is busy; what began as sound alone would have to begin another epoch for it.
	soundMax   = 3 * time.Second
	pictureMax = 8 * time.Second
	// reportsMax is how long the sender's reports are waited for: without them picture and sound lie to each other as their packets came.
	// Browsers report sound after 2.5 s, which is not waited for: the picture is then bent.
	reportsMax = 500 * time.Millisecond
	// queueMax and queueBytesMax bound what is held meanwhile.
	queueMax      = 1024
	queueBytesMax = 16 << 20
)

// backMax is how many pictures may be older than the one before, which those that refer to later ones (B-frames) are.
const backMax = 5

var errBack = errors.New("the pictures come in another order than they are shown (B-frames), which WebRTC does not carry: set the encoder's B-frames to 0")

// unit is a sample that has no time yet.
type unit struct {
	track int
	stamp uint32
	came  time.Duration
	data  []byte
	key   bool
	codec codecs.Codec
}

// publication turns one session's packets into samples. It is used by one goroutine; times are since the session's start.
type publication struct {
	sink   ingest.Sink
	log    *slog.Logger
	wanted [2]bool // what was offered

	frames framer
	avc    avc
	sound  *codecs.Opus // once a frame came
	times  *clock

	waits   bool          // for a key frame
	lastKey time.Duration // when a key frame last came
	lastAsk time.Duration
	asked   bool
	stamp   uint32 // of the picture before
	back    int
	heard   bool
	heardAt time.Duration // when media first came
	running bool
	number  [2]int // of each track, or -1
	told    codecs.Codec
	zero    time.Duration // of the run
	queue   []unit
	queued  int
	whole   bool // the tracks are all there
	wholeAt time.Duration
}

func newPublication(sink ingest.Sink, w wish, log *slog.Logger) *publication {
	p := &publication{sink: sink, wanted: w.wanted, log: log, times: newClock(), waits: true, number: [2]int{-1, -1}}
	for _, unit := range w.sets {
		p.avc.told(unit)
	}
	return p
}

// take takes the next packet of a track, before which lost ones were given up.
func (p *publication) take(track int, packet *rtp.Packet, lost int, now time.Duration) error {
	if track == sound {
		return p.hear(packet, now)
	}
	for _, f := range p.frames.push(packet, lost) {
		if err := p.see(f, now); err != nil {
			return err
		}
	}
	return nil
}

// hear takes a frame of sound.
func (p *publication) hear(packet *rtp.Packet, now time.Duration) error {
	if len(packet.Payload) == 0 || opus.PacketDuration2(packet.Payload) == 0 {
		return nil
	}
	if p.sound == nil {
		p.sound = &codecs.Opus{ChannelCount: 2} // in WebRTC always: what is mono is heard on both
	}
	return p.unit(unit{track: sound, stamp: packet.Timestamp, came: now, data: packet.Payload, key: true, codec: p.sound})
}

// see takes a picture.
func (p *publication) see(f frame, now time.Duration) error {
	if f.broken {
		p.waits = true // all that follows refers to it
		return nil
	}
	data, key, err := p.avc.sample(f.units)
	if err != nil || data == nil {
		return err
	}
	if p.waits && (!key || p.avc.now == nil) {
		return nil
	}
	if key {
		p.waits, p.lastKey = false, now
	}
	if back := int32(f.stamp - p.stamp); p.heardPicture() && back < 0 && back > -2*pictureRate {
		if p.back++; p.back > backMax {
			return errBack
		}
		f.stamp = p.stamp
	}
	p.stamp = f.stamp
	return p.unit(unit{track: picture, stamp: f.stamp, came: now, data: data, key: key, codec: p.avc.now})
}

func (p *publication) heardPicture() bool { return p.times.tracks[picture].begun }

// unit takes a sample.
func (p *publication) unit(u unit) error {
	if !p.heard {
		p.heard, p.heardAt = true, u.came
	}
	if p.running {
		return p.emit(u)
	}
	if _, jumped := p.times.place(u.track, u.stamp, u.came); jumped {
		p.queue, p.queued = nil, 0
	}
	if u.track == picture { // what came with other parameters cannot be in the same run
		p.queue = slices.DeleteFunc(p.queue, func(q unit) bool { return q.track == picture && q.codec != u.codec })
	}
	p.queue = append(p.queue, u)
	p.queued += len(u.data)
	return p.tick(u.came)
}

// tick begins the run when it is time.
func (p *publication) tick(now time.Duration) error {
	if p.running || len(p.queue) == 0 || !p.known(now) {
		return nil
	}
	return p.start()
}

// known tells whether all tracks are there, and how they lie to each other, or waiting for either is over.
func (p *publication) known(now time.Duration) bool {
	if len(p.queue) >= queueMax || p.queued >= queueBytesMax {
		return true
	}
	for track, most := range [2]time.Duration{picture: pictureMax, sound: soundMax} {
		if p.wanted[track] && !p.came(track) {
			return now-p.heardAt >= most
		}
	}
	if !p.whole {
		p.whole, p.wholeAt = true, now
	}
	return !p.wanted[picture] || !p.wanted[sound] || p.times.aligned() || now-p.wholeAt >= reportsMax
}

func (p *publication) came(track int) bool {
	if track == sound {
		return p.sound != nil
	}
	return p.heardPicture()
}

// start tells the sink the tracks and lets out what was held back.
func (p *publication) start() error {
	p.running = true
	queue := p.queue
	p.queue, p.queued = nil, 0
	if err := p.begin(queue[0]); err != nil {
		return err
	}
	// What is heard before the first picture would be a hole in it.
	for n, u := range queue {
		if u.track == picture {
			p.zero = p.at(u)
			queue = append(p.fromZero(queue[:n]), queue[n:]...)
			break
		}
	}
	for _, u := range queue {
		if err := p.emitAt(u, p.at(u)); err != nil {
			return err
		}
	}
	return nil
}

// fromZero returns the units that are not before the run.
func (p *publication) fromZero(units []unit) (kept []unit) {
	for _, u := range units {
		if p.at(u) >= p.zero {
			kept = append(kept, u)
		}
	}
	return kept
}

// at is where a unit that was placed before lies.
func (p *publication) at(u unit) time.Duration {
	s := &p.times.tracks[u.track]
	return s.zero + s.media(s.ticks+int64(int32(u.stamp-s.raw)))
}

// begin begins a run with a unit.
func (p *publication) begin(first unit) error {
	var tracks []ingest.Track
	p.number = [2]int{-1, -1}
	if p.heardPicture() {
		p.number[picture] = len(tracks)
		tracks = append(tracks, ingest.Track{Kind: segment.Video, Codec: p.avc.now, TimeScale: pictureRate})
	}
	if p.sound != nil {
		p.number[sound] = len(tracks)
		tracks = append(tracks, ingest.Track{Kind: segment.Audio, Codec: p.sound, TimeScale: soundRate})
	}
	p.told = p.avc.now
	p.zero = p.at(first)
	for i := range p.times.tracks {
		p.times.tracks[i].placed = false
	}
	return p.sink.Tracks(tracks)
}

// emit gives a unit its time and hands it over.
func (p *publication) emit(u unit) error {
	at, jumped := p.times.place(u.track, u.stamp, u.came)
	switch {
	case jumped:
		p.log.Info("the encoder's timestamps jumped: players see a break")
	case p.number[u.track] < 0:
		p.log.Info("a picture or sound began late", "sound", u.track == sound)
	case u.track == picture && u.codec != p.told:
		p.log.Info("the encoder's settings changed")
	default:
		return p.emitAt(u, at)
	}
	if err := p.begin(u); err != nil {
		return err
	}
	if !u.key || u.track == sound { // the run's picture begins with a key frame
		p.waits = true
	}
	if !u.key {
		return nil
	}
	return p.emitAt(u, at)
}

func (p *publication) emitAt(u unit, at time.Duration) error {
	if at < p.zero {
		return nil
	}
	at = p.times.give(u.track, at) - p.zero
	return p.sink.Sample(ingest.Sample{Track: p.number[u.track], DTS: at, PTS: at, Key: u.key, Data: u.data})
}

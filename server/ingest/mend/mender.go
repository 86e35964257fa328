package mend

import (
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/segment"
	"shoal/server/ingest"
)

// Bounds on finding out what tracks there are: they are known when the first frame of each came.
const (
	probeMax      = time.Second     // of media, if the publisher did not say what it sends
	probeSaidMax  = 3 * time.Second // if it did
	probeUnitsMax = 512
	probeBytesMax = 16 << 20
)

// pictureScale is the time scale of video tracks: all common frame rates are whole numbers of its ticks.
const pictureScale = 90000

// unit is a sample that has no time yet.
type unit struct {
	stream *stream
	raw    uint32
	offset time.Duration
	data   []byte
	key    bool
	codec  codecs.Codec // in force from this unit on
}

// stream is one elementary stream of a publication.
type stream struct {
	kind   segment.Kind
	format format
	number int           // of its track
	rung   rung          // what a picture beside the first has besides
	codec  codecs.Codec  // told to the sink
	lasts  time.Duration // of the frame before, for sound
}

// streamsMax is the picture, all sounds, and the pictures beside the first.
const streamsMax = rungs + ingest.RungsMax

// Mender turns one publication's frames into samples. It is used by one goroutine.
type Mender struct {
	LeftOut func(sounds int)        // set once, or nil: is told how many sounds are too many, when that changes
	RungOut func(n int, why string) // set once, or nil: is told what gate.Admission's is

	sink    ingest.Sink
	log     *slog.Logger
	streams [streamsMax]*stream // picture, sounds, rungs
	leftOut int

	said    [streamsMax]bool   // what the publisher announces
	speech  [streamsMax]string // languages, by stream
	running bool
	queue   []unit // before running
	queued  int    // bytes
	times   *timeline
	late    bool // a stream that came too late was told
}

// New returns a Mender that fills sink. log names the protocol.
func New(sink ingest.Sink, log *slog.Logger) *Mender { return &Mender{sink: sink, log: log} }

// The streams by number: picture, first sound and the others, first picture beside and the others.
const (
	picture = 0
	sound   = 1
	rungs   = sound + ingest.SoundsMax
)

// pictureStream is the stream of picture n, from 0 to ingest.RungsMax.
func pictureStream(n int) int {
	if n == 0 {
		return picture
	}
	return rungs + n - 1
}

// ErrChange says that a running stream cannot become another codec.
var ErrChange = errors.New("the codec changed within a publication: stop and start the encoder instead")

// SaysPicture notes that the publisher announced a picture.
func (p *Mender) SaysPicture() { p.said[picture] = true }

// SaysSound notes that he announced sound n, from 0 to ingest.SoundsMax-1, in a language, which may be "".
func (p *Mender) SaysSound(n int, language string) {
	p.said[sound+n] = true
	p.Speaks(n, language)
}

// Speaks notes the language of sound n. It counts from the next run on.
func (p *Mender) Speaks(n int, language string) {
	if language != "" {
		p.speech[sound+n] = language
	}
}

// Further notes how many sounds there are for which there is no room.
func (p *Mender) Further(sounds int) {
	if p.leftOut == sounds {
		return
	}
	p.leftOut = sounds
	if sounds > 0 {
		p.log.Warn("sounds are left out: a broadcast has no room for so many", "left_out", sounds, "most", ingest.SoundsMax)
	}
	if p.LeftOut != nil {
		p.LeftOut(sounds)
	}
}

// HasPicture tells whether the format of picture n is known.
func (p *Mender) HasPicture(n int) bool { return p.streams[pictureStream(n)] != nil }

// HasSound tells whether that of sound n is.
func (p *Mender) HasSound(n int) bool { return p.streams[sound+n] != nil }

// open returns the format of picture n, which it makes if there is none.
func open[F format](p *Mender, n int, fresh func() F) (f F, err error) {
	s := p.streams[pictureStream(n)]
	if s == nil {
		f = fresh()
		p.streams[pictureStream(n)] = &stream{kind: segment.Video, format: f, rung: rung{number: n}}
		return f, nil
	}
	f, ok := s.format.(F)
	if !ok {
		return f, ErrChange
	}
	return f, nil
}

// NALs says that picture n, from 0 to ingest.RungsMax, is H.265 (hevc) or H.264, that NAL units' lengths take prefix bytes
// (1, 2 or 4), and which parameter sets are known; they may also come in-band.
func (p *Mender) NALs(n int, hevc bool, prefix int, sets [][]byte) error {
	f, err := open(p, n, func() *nals { return newNALs(hevc) })
	if err == nil && f.hevc != hevc {
		err = ErrChange
	}
	if err != nil {
		return err
	}
	return f.configure(prefix, sets)
}

// AV1 says that picture n is AV1; config may hold its sequence header.
func (p *Mender) AV1(n int, config []byte) error {
	f, err := open(p, n, func() *av1Format { return &av1Format{} })
	if err == nil && f.now == nil && len(config) > 0 {
		_, _, err = f.unit(config)
	}
	return err
}

// VP9 says that picture n is VP9.
func (p *Mender) VP9(n int) error {
	_, err := open(p, n, func() *vp9Format { return &vp9Format{} })
	return err
}

// AAC says that sound n is AAC.
func (p *Mender) AAC(n int, config *mpeg4audio.AudioSpecificConfig) error {
	return p.soundStream(n).aac(config)
}

// Opus says that sound n is Opus with 1 or 2 channels.
func (p *Mender) Opus(n, channels int) error { return p.soundStream(n).opus(channels) }

// soundStream returns the format of sound n, which it makes if there is none.
func (p *Mender) soundStream(n int) *soundFormat {
	if p.streams[sound+n] == nil {
		p.streams[sound+n] = &stream{kind: segment.Audio, format: &soundFormat{}}
	}
	return p.streams[sound+n].format.(*soundFormat)
}

// Picture takes a frame of picture n. ms is its decode time in milliseconds on a clock that wraps at 32 bits, offset how much
// later it is shown. NAL units stand behind their lengths.
func (p *Mender) Picture(n int, ms uint32, offset time.Duration, payload []byte) error {
	return p.frame(pictureStream(n), ms, offset, payload)
}

// Units is Picture for NAL units of the first picture that are apart. NALs was called with a prefix of 4.
func (p *Mender) Units(ms uint32, offset time.Duration, units [][]byte) error {
	return p.frame(picture, ms, offset, joinUnits(units))
}

// Sound takes a frame of sound n, with its time as Picture's.
func (p *Mender) Sound(n int, ms uint32, payload []byte) error {
	return p.frame(sound+n, ms, 0, payload)
}

// frame takes a payload of a stream.
func (p *Mender) frame(n int, ms uint32, offset time.Duration, payload []byte) error {
	s := p.streams[n]
	if s == nil {
		return errors.New("media came before the sequence header that says what it is: restart the encoder")
	}
	data, key, err := s.format.unit(payload)
	if err != nil && s.rung.number > 0 {
		p.LeaveOut(s.rung.number, err.Error())
		return nil
	}
	if err != nil || data == nil {
		return err
	}
	u := unit{stream: s, raw: ms, offset: offset, data: data, key: key, codec: s.format.codec()}
	if p.running {
		return p.emit(u)
	}
	p.queue = append(p.queue, u)
	p.queued += len(data)
	if !p.known() {
		return nil
	}
	return p.start()
}

// known tells whether the tracks are: picture and sound came, or all that were announced, or waiting is over. Sounds beside the
// first, and pictures, are waited for as soon as anything is known of them.
func (p *Mender) known() bool {
	var came [streamsMax]bool
	for _, u := range p.queue {
		n := slices.Index(p.streams[:], u.stream)
		came[n] = came[n] || u.codec != nil
	}
	said, all, further := false, true, false
	for n := range came {
		said = said || p.said[n]
		all = all && (came[n] || !p.said[n])
		further = further || n > sound && !came[n] && (p.said[n] || p.streams[n] != nil && !p.streams[n].rung.out)
	}
	if !further && (came[picture] && came[sound] || said && all) {
		return true
	}
	wait := probeMax
	if said {
		wait = probeSaidMax
	}
	first, last := p.queue[0], p.queue[len(p.queue)-1]
	return len(p.queue) >= probeUnitsMax || p.queued >= probeBytesMax || sinceRaw(first.raw, last.raw).Abs() >= wait
}

// start tells the sink the tracks and lets out what was held back.
func (p *Mender) start() error {
	tracks := 0
	for n, s := range p.streams {
		if s == nil || n >= rungs && (s.rung.out || !p.pictured()) {
			continue
		}
		for _, u := range p.queue {
			if u.stream == s && s.codec == nil {
				s.codec = u.codec
			}
		}
		if s.codec != nil {
			s.number = tracks
			tracks++
		}
	}
	if tracks == 0 {
		return errors.New("no frame came with the parameters to decode it: restart the encoder")
	}
	p.running = true
	p.times = newTimeline(tracks)
	p.log.Info("the stream comes in", "picture", p.picturesText(), "sound", p.soundsText())
	if err := p.tracks(); err != nil {
		return err
	}
	queue := rungsBehind(p.streams[picture], p.queue)
	p.queue, p.queued = nil, 0
	for _, u := range queue {
		if err := p.emit(u); err != nil {
			return err
		}
	}
	return nil
}

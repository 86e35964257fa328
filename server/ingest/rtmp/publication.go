package rtmp

import (
	"errors"
	"log/slog"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/message"
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
	codec  codecs.Codec  // told to the sink
	lasts  time.Duration // of the frame before, for sound
}

// publication turns messages into samples.
type publication struct {
	sink    ingest.Sink
	log     *slog.Logger
	streams [2]*stream // picture, sound

	said    [2]bool // what the metadata announces
	running bool
	queue   []unit // before running
	queued  int    // bytes
	times   *timeline
	late    bool // a stream that came too late was told
	others  bool // further tracks were told
}

func newPublication(sink ingest.Sink, log *slog.Logger) *publication {
	return &publication{sink: sink, log: log}
}

const (
	picture = 0
	sound   = 1
)

// take takes a message and reports whether it was picture or sound.
func (p *publication) take(m message.Message) (media bool, err error) {
	switch m := m.(type) {
	case *message.DataAMF0:
		p.metadata(m.Payload)
		return false, nil
	case *message.Video:
		return m.Type == message.VideoTypeAU, p.video(m)
	case *message.VideoExSequenceStart:
		return false, p.videoStart(m)
	case *message.VideoExFramesX:
		return true, p.frame(picture, m.DTS, 0, m.Payload)
	case *message.VideoExCodedFrames:
		return true, p.frame(picture, m.DTS, signed24(m.PTSDelta), m.Payload)
	case *message.VideoExMultitrack:
		return p.first(m.TrackID, m.Wrapped)
	case *message.Audio:
		return m.AACType == message.AudioAACTypeAU, p.audio(m)
	case *message.AudioExSequenceStart:
		return false, p.audioStart(m)
	case *message.AudioExCodedFrames:
		if m.FourCC != message.FourCCMP4A && m.FourCC != message.FourCCOpus {
			return true, errCodec
		}
		return true, p.frame(sound, m.DTS, 0, m.Payload)
	case *message.AudioExMultitrack:
		return p.first(m.TrackID, m.Wrapped)
	}
	return false, nil
}

// first takes the first track of a kind. There is no use for further ones yet.
func (p *publication) first(track uint8, m message.Message) (bool, error) {
	if track == 0 {
		return p.take(m)
	}
	if !p.others {
		p.others = true
		p.log.Warn("rtmp: the publisher sends several tracks of a kind: only the first is used")
	}
	return false, nil
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
		for kind, name := range []string{"videocodecid", "audiocodecid"} {
			if id, ok := o.Get(name); ok && id != nil && id != float64(0) && id != "" {
				p.said[kind] = true
			}
		}
	}
}

func (p *publication) video(m *message.Video) error {
	switch m.Type {
	case message.VideoTypeConfig:
		switch {
		case m.AVCConfig != nil:
			return p.avc(m.AVCConfig)
		case m.HEVCConfig != nil:
			return p.hevc(m.HEVCConfig)
		}
	case message.VideoTypeAU:
		if p.streams[picture] == nil { // parameters may come in-band only
			p.streams[picture] = &stream{kind: segment.Video, format: newNALs(m.Codec == message.CodecH265)}
		}
		return p.frame(picture, m.DTS, signed24(m.PTSDelta), m.AU)
	}
	return nil
}

func (p *publication) audio(m *message.Audio) error {
	if m.Codec != message.CodecMPEG4Audio {
		return errCodec
	}
	if m.AACType == message.AudioAACTypeConfig {
		if m.AACConfig == nil { // some encoders announce their sound with an empty one first
			return nil
		}
		return p.soundStream().aac(m.AACConfig)
	}
	return p.frame(sound, m.DTS, 0, m.AU)
}

// frame takes a payload of a stream.
func (p *publication) frame(kind int, at, offset time.Duration, payload []byte) error {
	s := p.streams[kind]
	if s == nil {
		return errors.New("media came before the sequence header that says what it is: restart the encoder")
	}
	data, key, err := s.format.unit(payload)
	if err != nil || data == nil {
		return err
	}
	u := unit{stream: s, raw: uint32(at / time.Millisecond), offset: offset, data: data, key: key, codec: s.format.codec()}
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

// known tells whether the tracks are: both kinds came, or all that were announced, or waiting is over.
func (p *publication) known() bool {
	var came [2]bool
	for _, u := range p.queue {
		came[u.kind()] = came[u.kind()] || u.codec != nil
	}
	if came[picture] && came[sound] {
		return true
	}
	said := p.said[picture] || p.said[sound]
	if said && (came[picture] || !p.said[picture]) && (came[sound] || !p.said[sound]) {
		return true
	}
	wait := probeMax
	if said {
		wait = probeSaidMax
	}
	first, last := p.queue[0], p.queue[len(p.queue)-1]
	return len(p.queue) >= probeUnitsMax || p.queued >= probeBytesMax || sinceRaw(first.raw, last.raw).Abs() >= wait
}

func (u *unit) kind() int {
	if u.stream.kind == segment.Audio {
		return sound
	}
	return picture
}

// start tells the sink the tracks and lets out what was held back.
func (p *publication) start() error {
	tracks := 0
	for _, s := range p.streams {
		if s == nil {
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
	p.log.Info("rtmp: publishing", "picture", codecText(p.streams[picture]), "sound", codecText(p.streams[sound]))
	if err := p.tracks(); err != nil {
		return err
	}
	queue := p.queue
	p.queue, p.queued = nil, 0
	for _, u := range queue {
		if err := p.emit(u); err != nil {
			return err
		}
	}
	return nil
}

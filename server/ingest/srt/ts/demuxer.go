package ts

import (
	"bytes"
	"errors"
	"log/slog"

	"shoal/segment"
	"shoal/server/ingest"
	"shoal/server/ingest/mend"
)

// Sizes of a transport stream (ISO 13818-1, 2.4.3).
const (
	packetSize = 188
	syncByte   = 0x47
	pidNull    = 0x1FFF
)

// Bounds.
const (
	frameMax = segment.PartSizeMax // a frame must fit into a part
	// blindMax is how many bytes may come without a table that says what they are.
	blindMax = 8 << 20
)

var (
	errBlind  = errors.New("no table of a transport stream came: set the encoder to MPEG-TS")
	errCodecs = errors.New("browsers do not play what this stream carries: set the encoder to H.264 pictures and AAC sound")
)

// Demuxer takes one stream apart. It is used by one goroutine.
type Demuxer struct {
	mender *mend.Mender
	log    *slog.Logger

	rest    []byte // less than a packet
	synced  bool
	blind   int // bytes before the first table of tracks
	pat     table
	pmt     table
	pmtPID  int
	picture *elementary
	sounds  []*elementary // at most ingest.SoundsMax
	clock   clock
	frames  int
	skipped int
}

// New returns a Demuxer that gives its frames to m.
func New(m *mend.Mender, log *slog.Logger) *Demuxer { return &Demuxer{mender: m, log: log, pmtPID: -1} }

// Frames is how many frames were handed on.
func (d *Demuxer) Frames() int { return d.frames }

// Skipped is how many packets and frames could not be used.
func (d *Demuxer) Skipped() int { return d.skipped }

// Write takes bytes of the stream, of any number. Its error is the stream's end.
func (d *Demuxer) Write(b []byte) error {
	if d.pmtPID < 0 || d.picture == nil && len(d.sounds) == 0 {
		if d.blind += len(b); d.blind > blindMax {
			return errBlind
		}
	}
	if len(d.rest) > 0 {
		b = append(d.rest, b...)
	}
	for len(b) >= packetSize {
		if b[0] != syncByte || !d.synced && len(b) > packetSize && b[packetSize] != syncByte {
			b = d.resync(b)
			continue
		}
		d.synced = true
		if err := d.packet(b[:packetSize]); err != nil {
			return err
		}
		b = b[packetSize:]
	}
	d.rest = bytes.Clone(b)
	return nil
}

// resync goes to the next byte that may begin a packet.
func (d *Demuxer) resync(b []byte) []byte {
	d.synced = false
	d.skipped++
	at := bytes.IndexByte(b[1:], syncByte)
	if at < 0 {
		return nil
	}
	return b[1+at:]
}

// Flush hands on the frames that are whole but for the beginning of the next ones.
func (d *Demuxer) Flush() error {
	err := d.finish(d.picture)
	for _, e := range d.sounds {
		err = errors.Join(err, d.finish(e))
	}
	return err
}

// packet takes one packet.
func (d *Demuxer) packet(b []byte) error {
	const broken, starts, scrambled, hasField, hasPayload, discontinuous = 0x80, 0x40, 0xC0, 0x20, 0x10, 0x80
	pid := int(b[1]&0x1F)<<8 | int(b[2])
	if pid == pidNull {
		return nil
	}
	if b[1]&broken != 0 || b[3]&scrambled != 0 {
		d.skipped++
		return nil
	}
	payload, jumps := b[4:], false
	if b[3]&hasField != 0 {
		size := int(payload[0])
		if size >= len(payload) {
			d.skipped++
			return nil
		}
		jumps = size > 0 && payload[1]&discontinuous != 0
		payload = payload[1+size:]
	}
	if b[3]&hasPayload == 0 || len(payload) == 0 {
		return nil
	}
	begins, count := b[1]&starts != 0, b[3]&0xF
	switch {
	case pid == 0:
		return d.pat.take(begins, payload, d.programs)
	case pid == d.pmtPID:
		return d.pmt.take(begins, payload, d.tracks)
	case d.picture != nil && pid == d.picture.pid:
		return d.media(d.picture, begins, count, jumps, payload)
	}
	for _, e := range d.sounds {
		if pid == e.pid {
			return d.media(e, begins, count, jumps, payload)
		}
	}
	return nil
}

// programs takes a program association table.
func (d *Demuxer) programs(b []byte) error {
	const tableID = 0
	body, ok := section(b, tableID)
	if !ok {
		d.skipped++
		return nil
	}
	for ; len(body) >= 4; body = body[4:] {
		if number := int(body[0])<<8 | int(body[1]); number != 0 { // 0 is the network's own
			d.pmtPID = int(body[2]&0x1F)<<8 | int(body[3])
			return nil
		}
	}
	return nil
}

// tracks takes a program map table.
func (d *Demuxer) tracks(b []byte) error {
	const tableID = 2
	body, ok := section(b, tableID)
	if !ok || len(body) < 4 {
		d.skipped++
		return nil
	}
	skip := 4 + int(body[2]&0x0F)<<8 + int(body[3])
	if skip > len(body) {
		d.skipped++
		return nil
	}
	var picture *elementary
	var sounds []*elementary
	foreign, further := false, 0
	for body = body[skip:]; len(body) >= 5; {
		size := int(body[3]&0x0F)<<8 | int(body[4])
		if 5+size > len(body) {
			d.skipped++
			return nil
		}
		e := newElementary(body[0], int(body[1]&0x1F)<<8|int(body[2]), body[5:5+size])
		body = body[5+size:]
		switch {
		case e == nil:
			foreign = true
		case e.kind == segment.Video && picture == nil:
			picture = e
		case e.kind == segment.Audio && len(sounds) < ingest.SoundsMax:
			e.number = len(sounds)
			sounds = append(sounds, e)
		case e.kind == segment.Audio:
			further++
		}
	}
	if picture == nil && len(sounds) == 0 {
		if foreign {
			return errCodecs
		}
		return nil
	}
	d.mender.Further(further)
	return d.adopt(picture, sounds)
}

// adopt follows these tracks from now on, where they are not the ones that are followed.
func (d *Demuxer) adopt(picture *elementary, sounds []*elementary) error {
	if !d.picture.same(picture) {
		d.picture = picture
		if picture != nil {
			d.mender.SaysPicture()
			if err := d.mender.NALs(0, picture.format == formatH265, 4, nil); err != nil {
				return err
			}
		}
	}
	before := d.sounds
	d.sounds = sounds
	for n, e := range sounds {
		if n < len(before) && before[n].same(e) {
			sounds[n] = before[n]
			continue
		}
		d.mender.SaysSound(n, e.language)
		if e.format == formatOpus {
			if err := d.mender.Opus(n, e.channels); err != nil {
				return err
			}
		}
	}
	return nil
}

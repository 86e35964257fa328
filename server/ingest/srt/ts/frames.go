package ts

import (
	"errors"
	"fmt"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/substructs"
)

// rate is the clock of a transport stream, whose times have 33 bits.
const (
	rate     = 90000
	timeBits = 33
)

// clock makes times of 33 bits grow beyond them.
type clock struct {
	set  bool
	last int64
}

// at returns a time on the clock that does not wrap.
func (c *clock) at(raw int64) int64 {
	const first = 1 << timeBits // the times before the first one are not negative
	if !c.set {
		c.set, c.last = true, first+raw
	}
	c.last += sinceRaw(c.last, raw)
	return c.last
}

// sinceRaw is b - a on the circle of 33 bits.
func sinceRaw(a, b int64) int64 {
	const shift = 64 - timeBits
	return (b - a) << shift >> shift
}

func milliseconds(ticks int64) uint32 { return uint32(ticks / (rate / 1000)) }

// media adds a packet's payload to a track's frame.
func (d *Demuxer) media(e *elementary, begins bool, count byte, jumps bool, payload []byte) error {
	if e.counted && !jumps && count != (e.count+1)&0xF {
		if count == e.count { // a packet may come twice
			return nil
		}
		d.skipped++
		e.open, e.frame, e.carry = false, e.frame[:0], nil // what came is not whole
	}
	e.counted, e.count = true, count
	if begins {
		if err := d.finish(e); err != nil {
			return err
		}
		e.open, e.whole = true, 0
		if len(payload) >= 6 {
			if size := int(payload[4])<<8 | int(payload[5]); size > 0 {
				e.whole = 6 + size
			}
		}
	}
	if !e.open {
		return nil
	}
	if len(e.frame)+len(payload) > frameMax {
		return fmt.Errorf("a frame of more than %d bytes: lower the bitrate, or send more key frames", frameMax)
	}
	e.frame = append(e.frame, payload...)
	if e.whole > 0 && len(e.frame) >= e.whole {
		return d.finish(e)
	}
	return nil
}

// finish hands on a track's frame.
func (d *Demuxer) finish(e *elementary) error {
	if e == nil || !e.open {
		return nil
	}
	b := e.frame
	e.open, e.frame = false, e.frame[:0]
	if e.whole > 0 {
		if len(b) < e.whole {
			d.skipped++
			return nil
		}
		b = b[:e.whole]
	}
	pts, dts, body, ok := parsePES(b)
	if !ok {
		d.skipped++
		return nil
	}
	switch e.format {
	case formatADTS:
		return d.adts(e, d.clock.at(pts), body)
	case formatOpus:
		return d.opus(e, d.clock.at(pts), body)
	}
	return d.units(d.clock.at(dts), sinceRaw(dts, pts), body)
}

// parsePES reads the head of a frame (ISO 13818-1, 2.4.3.6).
func parsePES(b []byte) (pts, dts int64, body []byte, ok bool) {
	const head, hasPTS, hasDTS = 9, 0x80, 0x40
	if len(b) < head || b[0] != 0 || b[1] != 0 || b[2] != 1 || b[6]>>6 != 2 {
		return 0, 0, nil, false
	}
	flags, size := b[7], int(b[8])
	if head+size > len(b) || flags&hasPTS == 0 || size < 5 || flags&hasDTS != 0 && size < 10 {
		return 0, 0, nil, false
	}
	pts = stamp(b[head:])
	dts = pts
	if flags&hasDTS != 0 {
		dts = stamp(b[head+5:])
	}
	return pts, dts, b[head+size:], true
}

func stamp(b []byte) int64 {
	return int64(b[0]>>1&7)<<30 | int64(b[1])<<22 | int64(b[2]>>1)<<15 | int64(b[3])<<7 | int64(b[4]>>1)
}

// units hands on a picture.
func (d *Demuxer) units(dts, offset int64, b []byte) error {
	var units h264.AnnexB
	if err := units.Unmarshal(b); err != nil {
		d.skipped++
		return nil
	}
	d.frames++
	return d.mender.Units(milliseconds(dts), time.Duration(offset)*time.Second/rate, units)
}

// adts hands on frames of AAC. One that is cut by the end of b goes on in the next.
func (d *Demuxer) adts(e *elementary, pts int64, b []byte) error {
	const head, longHead, samples, carryMax = 7, 9, 1024, 8192
	n := int64(0)
	if len(e.carry) > 0 { // pts is of the first frame that begins in b
		b, e.carry, n = append(e.carry, b...), nil, -1
	}
	for len(b) > 0 {
		if len(b) < head {
			e.carry = append([]byte(nil), b...)
			return nil
		}
		if b[0] != 0xFF || b[1]&0xF6 != 0xF0 {
			d.skipped++
			b = b[1:]
			continue
		}
		start, size := head, int(b[3]&3)<<11|int(b[4])<<3|int(b[5]>>5)
		if b[1]&1 == 0 { // a check sum follows
			start = longHead
		}
		if size <= start || size > carryMax {
			d.skipped++
			b = b[1:]
			continue
		}
		if size > len(b) {
			e.carry = append([]byte(nil), b...)
			return nil
		}
		config, err := aacConfig(b)
		if err != nil {
			return err
		}
		if err := d.mender.AAC(e.number, config); err != nil {
			return err
		}
		d.frames++
		at := pts + n*samples*rate/int64(config.SampleRate)
		if err := d.mender.Sound(e.number, milliseconds(at), append([]byte(nil), b[start:size]...)); err != nil {
			return err
		}
		b = b[size:]
		n++
	}
	return nil
}

// aacConfig reads the configuration that stands in each frame's head.
func aacConfig(b []byte) (*mpeg4audio.AudioSpecificConfig, error) {
	rates := [...]int{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350}
	profile, index, channels := b[2]>>6, int(b[2]>>2&0xF), b[2]&1<<2|b[3]>>6
	if index >= len(rates) || channels == 0 || channels > 7 {
		return nil, errors.New("the head of an AAC frame is not valid: send AAC-LC at 44100 or 48000 Hz with 1 or 2 channels")
	}
	count := int(channels)
	if channels == 7 {
		count = 8
	}
	return &mpeg4audio.AudioSpecificConfig{
		Type: mpeg4audio.ObjectType(profile + 1), SampleRate: rates[index], ChannelConfig: channels, ChannelCount: count,
	}, nil
}

// opus hands on frames of Opus.
func (d *Demuxer) opus(e *elementary, pts int64, b []byte) error {
	const opusRate = 48000
	for len(b) > 0 {
		var unit substructs.OpusAccessUnit
		n, err := unit.Unmarshal(b)
		if err != nil || n == 0 {
			d.skipped++
			return nil
		}
		b = b[n:]
		if len(unit.Packet) == 0 {
			continue
		}
		d.frames++
		if err := d.mender.Sound(e.number, milliseconds(pts), append([]byte(nil), unit.Packet...)); err != nil {
			return err
		}
		pts += int64(opus.PacketDuration2(unit.Packet)) * rate / opusRate
	}
	return nil
}

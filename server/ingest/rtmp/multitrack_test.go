package rtmp

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
)

// trackOf is a track of a multitrack message.
type trackOf struct {
	codec string
	id    byte
	data  []byte
}

// multitrack writes a multitrack message about pictures in one of the standard's forms.
func multitrack(at time.Duration, form, holds byte, tracks ...trackOf) *rawmessage.Message {
	body := []byte{pictureExtended | 1<<4 | pictureMultitrack, form<<4 | holds}
	for n, t := range tracks {
		if n == 0 || form == manyTracksManyCodecs {
			body = append(body, t.codec...)
		}
		body = append(body, t.id)
		if form != oneTrack {
			body = append(body, byte(len(t.data)>>16), byte(len(t.data)>>8), byte(len(t.data)))
		}
		body = append(body, t.data...)
	}
	return &rawmessage.Message{ChunkStreamID: 6, MessageStreamID: messageStream, Type: typePicture, Timestamp: at, Body: body}
}

// avcConfig is the sequence header of H.264 (AVCDecoderConfigurationRecord, ISO/IEC 14496-15).
func avcConfig(sps, pps []byte) []byte {
	b := append([]byte{1, sps[1], sps[2], sps[3], 0xff, 0xe1, byte(len(sps) >> 8), byte(len(sps))}, sps...)
	return append(append(b, 1, byte(len(pps)>>8), byte(len(pps))), pps...)
}

// reading reads what was written.
func reading(t testing.TB, in ...*rawmessage.Message) *messages {
	t.Helper()
	m, err := newMessages(bytecounter.NewReadWriter(guarded(chunks(t, in...), true)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Each form of a multitrack message is read as messages of one track, in order, at the message's time.
func TestMultitrackForms(t *testing.T) {
	first, second := trackOf{"avc1", 0, []byte{0, 0, 0, 1, 2, 3}}, trackOf{"avc1", 7, []byte{0, 0, 40, 9}}
	other := trackOf{"hvc1", 200, []byte{0, 0, 0, 5}}
	for name, c := range map[string]struct {
		form   byte
		tracks []trackOf
	}{
		"one track":                {oneTrack, []trackOf{second}},
		"many tracks":              {manyTracks, []trackOf{first, second}},
		"many tracks, many codecs": {manyTracksManyCodecs, []trackOf{first, other, second}},
	} {
		m := reading(t, multitrack(5*time.Second, c.form, holdsFrames, c.tracks...), sample(typeSound, 1))
		for _, want := range c.tracks {
			got, err := m.Read()
			x, ok := got.(*message.VideoExMultitrack)
			if err != nil || !ok || x.TrackID != want.id {
				t.Fatalf("%s: %v, %+v", name, err, got)
			}
			if f := x.Wrapped.(*message.VideoExCodedFrames); f.DTS != 5*time.Second || !bytes.Equal(f.Payload, want.data[3:]) {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

func TestMultitrackRefused(t *testing.T) {
	frame := trackOf{"avc1", 1, []byte{0, 0, 0, 1}}
	cut := func(bytes int, m *rawmessage.Message) *rawmessage.Message {
		m.Body = m.Body[:len(m.Body)-bytes]
		return m
	}
	var crowd []trackOf
	for n := range tracksMax + 1 {
		crowd = append(crowd, trackOf{"avc1", byte(n), nil})
	}
	for name, c := range map[string]struct {
		m    *rawmessage.Message
		want string
	}{
		"a form of its own":  {multitrack(0, 3, holdsFrames, frame), "form 3"},
		"cut in a frame":     {cut(2, multitrack(0, manyTracks, holdsFrames, frame, frame)), "track 1: a multitrack message ends 2 bytes too early"},
		"cut in a length":    {cut(5, multitrack(0, manyTracks, holdsFrames, frame)), "ends 1 bytes too early"},
		"cut in a codec":     {cut(10, multitrack(0, manyTracksManyCodecs, holdsFrames, frame)), "too early"},
		"nothing in it":      {cut(12, multitrack(0, manyTracks, holdsFrames, frame)), "too early"},
		"one byte":           {cut(13, multitrack(0, manyTracks, holdsFrames, frame)), "of 1 bytes"},
		"very many tracks":   {multitrack(0, manyTracks, holdsEnd, crowd...), "more than 16 tracks"},
		"the first is wrong": {multitrack(0, manyTracks, holdsStart, trackOf{"avc1", 0, []byte{1}}), ""},
	} {
		_, err := reading(t, c.m).Read()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is not understood of a picture beside the first is left out, and reading goes on.
func TestMultitrackLeftOut(t *testing.T) {
	const metadata = 4
	m := reading(t,
		multitrack(0, oneTrack, metadata, trackOf{"hvc1", 1, []byte{2, 0, 1}}),
		multitrack(0, manyTracksManyCodecs, holdsStart, trackOf{"vvc1", 3, []byte{1, 2, 3}}, trackOf{"avc1", 2, avcConfig(testSPS, testPPS)}),
		&rawmessage.Message{ChunkStreamID: 2, Type: 4, Body: []byte{0, 6, 0, 0, 0, 9}},
	)
	_, err := m.Read()
	var fault *trackFault
	if !errors.As(err, &fault) || fault.track != 3 {
		t.Errorf("%v", err)
	}
	if got, err := m.Read(); err != nil || got.(*message.VideoExMultitrack).TrackID != 2 {
		t.Errorf("%v, %+v", err, got)
	}
	if got, err := m.Read(); err != nil {
		t.Errorf("%v, %+v", err, got)
	}
	if _, err := m.Read(); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// FuzzMultitrack takes messages apart, and has what comes of them published.
func FuzzMultitrack(f *testing.F) {
	first, second := trackOf{"avc1", 0, []byte{0, 0, 0, 0, 0, 0, 2, 0x65, 1}}, trackOf{"avc1", 1, []byte{0, 0, 40, 0, 0, 0, 2, 0x65, 1}}
	avcC := avcConfig(testSPS, testPPS)
	for _, form := range []byte{oneTrack, manyTracks, manyTracksManyCodecs} {
		for _, holds := range []byte{holdsStart, holdsFrames, holdsEnd, holdsFramesX, 4} {
			a, b := first, second
			if holds == holdsStart {
				a.data, b.data = avcC, avcC
			}
			tracks := []trackOf{a, b}
			if form == oneTrack {
				tracks = tracks[1:]
			}
			f.Add(false, multitrack(0, form, holds, tracks...).Body)
		}
	}
	f.Add(true, []byte{soundExtended<<4 | soundMultitrack, manyTracks<<4 | holdsFrames, 'O', 'p', 'u', 's', 1, 0, 0, 1, 9, 2, 0, 0, 0})
	f.Fuzz(func(t *testing.T, sound bool, body []byte) {
		raw := &rawmessage.Message{ChunkStreamID: 6, MessageStreamID: messageStream, Type: typePicture, Body: body}
		if sound {
			raw.Type = typeSound
		}
		if !isMultitrack(raw) || len(body) > pictureMax {
			return
		}
		all, err := tracksOf(raw)
		if err != nil {
			return
		}
		size := 0
		for _, one := range all {
			size += len(one.Body) - trackHead
			if !isMultitrack(one) || one.Body[1]>>4 != oneTrack || len(one.Body) < trackHead {
				t.Fatalf("%x is no message of one track", one.Body)
			}
		}
		if len(all) > tracksMax || size > len(body) {
			t.Fatalf("%d tracks with %d bytes come of %d bytes", len(all), size, len(body))
		}
		var h heard
		p := h.publication()
		m := reading(t, raw)
		for range len(all) + 1 {
			got, err := m.Read()
			var fault *trackFault
			if errors.As(err, &fault) {
				p.misread(fault.track)
				continue
			}
			if err != nil {
				return
			}
			if _, err := p.take(got); err != nil {
				return
			}
		}
	})
}

package rtmp

import (
	"fmt"

	"github.com/bluenviron/gortmplib/pkg/rawmessage"
)

// tracksMax bounds the tracks of one multitrack message: four bytes of it would make a message of each.
const tracksMax = 16

// The forms of a multitrack message (Enhanced RTMP v2, "Extended VideoTagHeader" and "Extended AudioTagHeader").
const (
	oneTrack             = 0
	manyTracks           = 1
	manyTracksManyCodecs = 2
)

// What a picture or a sound of Enhanced RTMP holds, in the low four bits of its first byte and again in those of a multitrack's second.
const (
	pictureExtended   = 0x80
	pictureMultitrack = 6
	soundExtended     = 9
	soundMultitrack   = 5

	holdsStart    = 0
	holdsFrames   = 1
	holdsEnd      = 2
	holdsFramesX  = 3 // of pictures: shown when they are decoded
	holdsChannels = 4 // of sounds
)

const (
	multitrackHead = 2 // bytes before the first codec
	fourCC         = 4
	trackHead      = multitrackHead + fourCC + 1 // bytes of a message of one track before its data
)

// isMultitrack reports whether a message is a multitrack one.
func isMultitrack(m *rawmessage.Message) bool {
	switch {
	case len(m.Body) == 0:
		return false
	case m.Type == typePicture:
		return m.Body[0]&pictureExtended != 0 && m.Body[0]&0xF == pictureMultitrack
	case m.Type == typeSound:
		return m.Body[0] == soundExtended<<4|soundMultitrack
	}
	return false
}

// understood reports whether gortmplib takes what a multitrack message of a kind holds. The rest, as what is told of a picture's colors, is left
// out: it refuses it, and the connection would end.
func understood(kind, holds byte) bool {
	return holds <= holdsEnd || kind == typePicture && holds == holdsFramesX || kind == typeSound && holds == holdsChannels
}

// tracksOf takes a multitrack message apart into messages of one track each, the one form that gortmplib reads. It returns none for what is to
// be left out.
func tracksOf(m *rawmessage.Message) (all []*rawmessage.Message, err error) {
	if len(m.Body) < multitrackHead {
		return nil, refused("it sent a multitrack message of %d bytes", len(m.Body))
	}
	form, holds := m.Body[1]>>4, m.Body[1]&0xF
	rest := m.Body[multitrackHead:]
	if form > manyTracksManyCodecs {
		return nil, refused("it sent a multitrack message of form %d: 0 to %d are known", form, manyTracksManyCodecs)
	}
	var codec []byte
	if form != manyTracksManyCodecs {
		if codec, rest, err = takeBytes(rest, fourCC); err != nil {
			return nil, err
		}
	}
	for len(rest) > 0 || len(all) == 0 {
		var id, data []byte
		if form == manyTracksManyCodecs {
			if codec, rest, err = takeBytes(rest, fourCC); err != nil {
				return nil, err
			}
		}
		if id, rest, err = takeBytes(rest, 1); err != nil {
			return nil, err
		}
		data, rest, err = trackData(rest, form)
		if err != nil {
			return nil, fmt.Errorf("track %d: %w", id[0], err)
		}
		if len(all) == tracksMax {
			return nil, refused("it sent a multitrack message with more than %d tracks", tracksMax)
		}
		one := *m
		one.Body = append([]byte{m.Body[0], oneTrack<<4 | holds}, codec...)
		one.Body = append(append(one.Body, id[0]), data...)
		all = append(all, &one)
	}
	if !understood(m.Type, holds) {
		return nil, nil
	}
	return all, nil
}

// trackData takes what a track of a multitrack message holds: the rest if it is the only one, else as much as its length says.
func trackData(b []byte, form byte) (data, rest []byte, err error) {
	if form == oneTrack {
		return b, nil, nil
	}
	const size = 3
	length, b, err := takeBytes(b, size)
	if err != nil {
		return nil, nil, err
	}
	return takeBytes(b, bits24(length))
}

// takeBytes takes n bytes off the front.
func takeBytes(b []byte, n int) (taken, rest []byte, err error) {
	if len(b) < n {
		return nil, nil, refused("a multitrack message ends %d bytes too early", n-len(b))
	}
	return b[:n], b[n:], nil
}

package main

import (
	"context"
	"errors"
	"os"
	"time"
)

// A clip in FLV: a header, and tags of 11 bytes, a body and the length of both.
const (
	flvHeader  = 13
	tagHeader  = 11
	tagPrefix  = 5 // of a picture's body: its codec, what it is, how much later it is shown
	tagTrailer = 4
	tagPicture = 9
	// frameEvery and keyEvery are what encode asks for.
	frameEvery = time.Second / 30
	keyEvery   = 60
)

// frames are a clip's pictures, each a tag, after what comes before them.
type frames struct {
	before []byte // header, words, parameter sets
	tags   [][]byte
}

func readClip(file string) (f frames, err error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return f, err
	}
	if len(b) < flvHeader {
		return f, errors.New("the clip is no FLV")
	}
	f.before, b = append(f.before, b[:flvHeader]...), b[flvHeader:]
	for len(b) >= tagHeader {
		length := tagHeader + (int(b[1])<<16 | int(b[2])<<8 | int(b[3])) + tagTrailer
		if len(b) < length {
			return f, errors.New("the clip is cut")
		}
		tag := b[:length]
		switch picture := tag[0] == tagPicture && len(tag) > tagHeader+1; {
		case picture && tag[tagHeader+1] == 1:
			f.tags = append(f.tags, tag)
		case len(f.tags) == 0:
			f.before = append(f.before, tag...)
		}
		b = b[length:]
	}
	if len(f.tags) == 0 || len(f.tags)%keyEvery != 0 {
		return f, errors.New("the clip does not end before a key frame: it cannot be played again and again")
	}
	return f, nil
}

// tag is a frame as a tag that is due then.
func (f frames) tag(n int, due time.Duration) []byte {
	tag := append([]byte(nil), f.tags[n%len(f.tags)]...)
	ms := due.Milliseconds()
	tag[4], tag[5], tag[6], tag[7] = byte(ms>>16), byte(ms>>8), byte(ms), byte(ms>>24)
	return tag
}

// play has each frame sent when it is due, one after the other and again and again, and tells when it was sent, until ctx ends or send fails.
func play(ctx context.Context, send func(n int, due time.Duration) error, sent func(at time.Time)) {
	began := time.Now()
	for n := 0; ; n++ {
		due := time.Duration(n) * frameEvery
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(began.Add(due))):
		}
		if send(n, due) != nil {
			return
		}
		sent(time.Now())
	}
}

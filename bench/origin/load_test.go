package main

import (
	"bufio"
	"strings"
	"testing"
)

func TestHeader(t *testing.T) {
	for text, want := range map[string]int{
		"HTTP/1.1 200 OK\r\nServer: x\r\ncontent-length: 12\r\n\r\n": 12,
		"HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\n\r\n":       -1,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n":      -1,
		"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n":                  -1,
	} {
		if got, err := header(bufio.NewReader(strings.NewReader(text))); err != nil != (want < 0) || err == nil && got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
}

func TestSamples(t *testing.T) {
	if n := samples([]byte("....moof....trun\x00\x00\x02\x05\x00\x00\x00\x0f\x00")); n != 15 {
		t.Errorf("%d frames of 15", n)
	}
	for _, text := range []string{"", "trun", "trun\x00\x00\x02\x05\x00\x00\x00"} {
		if n := samples([]byte(text)); n != 0 {
			t.Errorf("%q has %d frames", text, n)
		}
	}
}

func TestParameterSets(t *testing.T) {
	tag := func(body ...byte) []byte {
		return append(append(append([]byte{tagPicture, 0, 0, byte(len(body))}, make([]byte, tagHeader-4)...), body...), make([]byte, tagTrailer)...)
	}
	config := []byte{0x17, 0, 0, 0, 0, 1, 66, 0, 30, 0xff, 0xe1, 0, 2, 0x67, 1, 1, 0, 3, 0x68, 2, 2}
	before := append(make([]byte, flvHeader), tag(config...)...)
	if got, err := parameterSets(before); err != nil || string(got) != "\x00\x00\x00\x01\x67\x01\x00\x00\x00\x01\x68\x02\x02" {
		t.Errorf("%x, %v", got, err)
	}
	for cut := range len(config) {
		if got, err := parameterSets(append(make([]byte, flvHeader), tag(config[:cut]...)...)); err == nil {
			t.Errorf("of %d bytes: %x", cut, got)
		}
	}
	f := frames{before: before, tags: [][]byte{tag(0x17, 1, 0, 0, 0, 0, 0, 0, 2, 0x65, 3, 0, 0, 0, 1, 0x41), tag(0x27, 1, 0, 0, 0, 0, 0, 0, 1, 0x41)}}
	got, err := f.pictures()
	if err != nil || len(got) != 2 || string(got[1]) != "\x00\x00\x00\x01\x41" ||
		string(got[0]) != "\x00\x00\x00\x01\x67\x01\x00\x00\x00\x01\x68\x02\x02\x00\x00\x00\x01\x65\x03\x00\x00\x00\x01\x41" {
		t.Errorf("%x, %v", got, err)
	}
}

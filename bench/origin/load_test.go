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

package api

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestPlaylistsComeInGzip(t *testing.T) {
	h := newHouse(t)
	h.text = "#EXTM3U\n" + strings.Repeat("#EXTINF:2,\n7/0/s1.m4s\n", 100)
	for offer, packed := range map[string]bool{"": false, "gzip": true, "br, gzip;q=0.5": true, "gzip;q=0": false, "identity": false} {
		w := h.request("GET", "/hls/fish/0.m3u8", header("Accept-Encoding", offer))
		body := io.Reader(w.Body)
		if packed {
			if w.Body.Len() > len(h.text)/4 {
				t.Errorf("%q: %d bytes", offer, w.Body.Len())
			}
			var err error
			if body, err = gzip.NewReader(body); err != nil {
				t.Fatal(offer, err)
			}
		}
		text, err := io.ReadAll(body)
		if err != nil || string(text) != h.text || (w.Header().Get("Content-Encoding") == "gzip") != packed || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: %d bytes, %v, %v", offer, len(text), err, w.Header())
		}
	}
	if w := h.request("HEAD", "/hls/fish/0.m3u8", header("Accept-Encoding", "gzip")); w.Body.Len() != 0 || w.Header().Get("Content-Encoding") != "gzip" {
		t.Error(w.Header())
	}
}

func TestSqueezerIsBounded(t *testing.T) {
	s := newSqueezer()
	for n := range 3 * squeezedMax {
		text := fmt.Appendf(nil, "playlist %d", n)
		if small := s.squeeze(text); !bytes.Equal(small, s.squeeze(text)) || len(s.done) > squeezedMax {
			t.Fatal(n, len(s.done))
		}
	}
}

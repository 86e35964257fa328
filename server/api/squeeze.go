package api

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"sync"
)

const (
	// squeezedMax bounds the playlists that are kept in gzip: the newest of some hundred tracks, with and without what is skipped. They are
	// told apart by where their bytes are, which stay there while they are kept: all viewers of a track are given the same ones.
	squeezedMax = 1024
	// keptMost is the size in bytes up to which a playlist is kept: those of recordings, which may be long, are written anew for each viewer.
	keptMost = 32 << 10
	// squeezeLeast is the size in bytes from which gzip makes it smaller.
	squeezeLeast = 200
)

// squeezer keeps playlists in gzip, so that each is compressed once and not for each viewer.
type squeezer struct {
	mu   sync.Mutex
	done map[*byte][]byte // guarded by mu; at most squeezedMax entries
}

func newSqueezer() *squeezer { return &squeezer{done: make(map[*byte][]byte)} }

// squeeze returns text in gzip. text does not change afterwards.
func (s *squeezer) squeeze(text []byte) []byte {
	if len(text) > keptMost {
		return squeezed(text)
	}
	s.mu.Lock()
	small, known := s.done[&text[0]]
	s.mu.Unlock()
	if known {
		return small
	}
	small = squeezed(text)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.done) >= squeezedMax { // most are of playlists that have moved on
		clear(s.done)
	}
	s.done[&text[0]] = small
	return small
}

func squeezed(text []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(text) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// writePlaylist answers with a playlist, in gzip to who takes it (RFC 8216bis, 6.2.1).
func (a *API) writePlaylist(w http.ResponseWriter, r *http.Request, text []byte) {
	w.Header().Add("Vary", "Accept-Encoding")
	if len(text) >= squeezeLeast && accepts(r, "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		text = a.squeezed.squeeze(text)
	}
	a.write(w, r, text, playlistType, "no-cache") // one that moves does so twice a second; a recording may be deleted one day
}

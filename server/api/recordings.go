package api

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"shoal/id"
	"shoal/segment"
	"shoal/server/origin"
	"shoal/server/record"
)

// Recordings is what is kept beyond the live edge.
type Recordings interface {
	// Find returns a recording, one that grows, or a clip; or record.ErrNotFound.
	Find(key record.Key) (*record.Recording, error)
	// List returns a channel's recordings of epochs below before (0 is all), newest first, and not all at once.
	List(channel id.Channel, before uint64) []record.Summary
	// Clips returns a channel's clips that come behind one of them ("" is none), newest first, and not all at once; or record.ErrNotFound.
	Clips(channel id.Channel, before string) ([]record.Summary, error)
	// Summary returns what those tell of one; or record.ErrNotFound.
	Summary(key record.Key) (record.Summary, error)
	// MayCut returns why Cut would not begin: record.ErrRange, record.ErrMany or record.ErrFull.
	MayCut(r *record.Recording, from, to time.Duration) error
	// Cut copies a range of a recording into a clip.
	Cut(r *record.Recording, from, to time.Duration, title string) (record.Summary, error)
	// Count counts a channel's recordings that are whole.
	Count(channel id.Channel) int
	// Pictured returns a channel's newest recording that is whole and has a poster.
	Pictured(channel id.Channel) (record.Summary, bool)
	// Totals counts what is kept, and the bytes of it.
	Totals() (recordings, clips int, bytes int64)
}

// Recorder tells how recording goes.
type Recorder interface {
	Status() record.Status
	// Planned returns what is kept of a channel's epoch, as was settled when it began; ok is false if that is not known.
	Planned(channel id.Channel, epoch uint64) (k record.Keeping, ok bool)
}

func (a *API) recordingRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /hls/{name}/{epoch}/{file}", a.watched(a.recordingFile))
	mux.HandleFunc("GET /api/v1/channels/{name}/recordings", a.watched(a.listRecordings))
	mux.HandleFunc("GET /api/v1/channels/{name}/recordings/{epoch}", a.watched(a.showRecording))
	mux.HandleFunc("GET /api/v1/recorder", a.showRecorder)
	a.clipRoutes(mux)
}

// recordingOf returns the recording that a route means.
func (a *API) recordingOf(r *http.Request) (*record.Recording, error) {
	if a.rooms.Recordings == nil {
		return nil, record.ErrNotFound
	}
	c, err := a.named(r)
	if err != nil {
		return nil, err
	}
	epoch, err := parseNumber(r.PathValue("epoch"))
	if err != nil {
		return nil, err
	}
	return a.rooms.Recordings.Find(record.Key{Channel: c.ID, Epoch: epoch})
}

// recordingFile answers what stands beside a recording's tracks: playlists and init segments.
func (a *API) recordingFile(w http.ResponseWriter, r *http.Request) {
	open(w)
	rec, err := a.recordingOf(r)
	if errors.Is(err, record.ErrNotFound) && r.PathValue("file") == downloadFile {
		err = errNoRecording
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	a.besideTracks(w, r, rec)
}

func (a *API) besideTracks(w http.ResponseWriter, r *http.Request, rec *record.Recording) {
	file := r.PathValue("file")
	if file == downloadFile {
		a.download(w, r, rec)
		return
	}
	if a.stillOf(w, r, rec, file) {
		return
	}
	if language, ok := cut(file, "text.", ".vtt"); ok {
		a.wholeText(w, r, rec, language)
		return
	}
	if digits, ok := cut(file, "i", ".mp4"); ok {
		init, err := rec.Init(digits)
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		a.immutable(w, r, bytes.NewReader(init))
		return
	}
	var playlist []byte
	var err error
	text, isPlaylist := strings.CutSuffix(file, ".m3u8")
	switch {
	case file == "master.m3u8":
		playlist, err = rec.Master()
	case isPlaylist && strings.HasPrefix(file, "text."):
		language, _ := textPlaylist(file)
		playlist, err = rec.TextMedia(language)
	case isPlaylist:
		var track segment.Track
		if track, err = parseTrack(text); err == nil {
			playlist, err = rec.Media(track)
		}
	default:
		err = errNoRoute
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	a.writePlaylist(w, r, playlist)
}

// recorded answers what a track of a recording holds: p{SEQ}.m4s, s{MSN}.m4s, m{SEQ} and r{MSN}.
func (a *API) recorded(w http.ResponseWriter, r *http.Request, rec *record.Recording) {
	track, trackErr := parseTrack(r.PathValue("track"))
	file := r.PathValue("file")
	part, isPart := cut(file, "p", ".m4s")
	whole, isSegment := cut(file, "s", ".m4s")
	one, isRecord := cut(file, "m", "")
	many, isRecords := cut(file, "r", "")
	n, err := parseNumber(part + whole + one + many) // at most one of the four is there
	if err := cmp.Or(trackErr, err); err != nil {
		a.refuse(w, r, err)
		return
	}
	cache := a.keeping(r, "public, max-age=3600, immutable")
	var content *record.Content
	var records []byte
	switch {
	case isPart:
		content, err = rec.Part(track, n)
	case isSegment:
		content, err = rec.Segment(track, n)
	case isRecord:
		records, err = rec.Record(track, n)
	case isRecords:
		records, err = rec.Records(track, n)
	}
	if content == nil || err != nil {
		a.binary(w, r, records, err, cache)
		return
	}
	defer content.Close() // it was only read
	a.metrics.recorded(rec.Name(), a.immutable(w, r, content))
}

// immutable writes media bytes that never change, whole or one range of them, and returns how many were really written.
func (a *API) immutable(w http.ResponseWriter, r *http.Request, content io.ReadSeeker) (written int64) {
	return a.immutableWithin(w, r, content, writeWithin)
}

func (a *API) immutableWithin(w http.ResponseWriter, r *http.Request, content io.ReadSeeker, within time.Duration) (written int64) {
	h := w.Header()
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", mediaType)
	}
	h.Set("Cache-Control", a.keeping(r, "public, max-age=3600, immutable"))
	if h.Get("ETag") == "" {
		h.Set("ETag", strconv.Quote(r.URL.Path)) // an address names the same bytes for ever
	} else {
		h.Set("Cache-Control", a.keeping(r, "no-cache"))
	}
	if strings.Contains(r.Header.Get("Range"), ",") { // several ranges cost more than they save: all of it is an answer, too
		r.Header.Del("Range")
	}
	_ = http.NewResponseController(w).SetWriteDeadline(a.config.Now().Add(within)) // a recorder in a test has none
	if all, ok := content.(whole); ok && asksWhole(r) {
		h.Set("Accept-Ranges", "bytes")
		h.Set("Content-Length", strconv.FormatInt(all.Size(), 10))
		if all.Size() > 0 {
			join(r)
		}
		_ = http.NewResponseController(w).Flush() // net/http would read the first words of a file itself, to send them with the header
		written, _ = all.WriteTo(w)               // a client that has gone needs no answer
		return written
	}
	counted := &counter{ResponseWriter: w}
	http.ServeContent(counted, r, "", time.Time{}, content)
	return counted.bytes
}

// whole is content that writes itself at less cost than a copy by way of a buffer.
type whole interface {
	io.WriterTo
	Size() int64
}

// asksWhole reports whether the answer is all there is, whatever the client has.
func asksWhole(r *http.Request) bool {
	for _, name := range []string{"Range", "If-Range", "If-Match", "If-None-Match"} {
		if len(r.Header[name]) > 0 {
			return false
		}
	}
	return r.Method == http.MethodGet
}

// elsewhere answers from the recording what the origin keeps no longer. It returns false if err is of another kind, or there is no
// recording either.
func (a *API) elsewhere(w http.ResponseWriter, r *http.Request, err error) bool {
	if !errors.Is(err, origin.ErrNotFound) {
		return false
	}
	rec, err := a.recordingOf(r)
	if err != nil {
		return false
	}
	a.recorded(w, r, rec)
	return true
}

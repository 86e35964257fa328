package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"shoal/id"
	"shoal/segment"
	"shoal/server/origin"
)

// Origin is what was published. What waits ends with ctx.
type Origin interface {
	Master(ctx context.Context, name id.Name) ([]byte, error)
	Media(ctx context.Context, name id.Name, track segment.Track, reload origin.Reload) ([]byte, error)
	Waits(name id.Name, track segment.Track, reload origin.Reload) bool // whether Media would
	Part(ctx context.Context, name id.Name, part segment.Part) (*origin.Content, error)
	Segment(name id.Name, epoch uint64, track segment.Track, msn uint64) (*origin.Content, error)
	Init(name id.Name, digits string) (*origin.Content, error)
}

// Records are what was signed.
type Records interface {
	Manifest(ctx context.Context, name id.Name, part segment.Part) ([]byte, error)
	Certificate(name id.Name, epoch uint64) ([]byte, error)
}

// Meter counts media bytes that were really written.
type Meter interface {
	Count(channel id.Channel, track segment.Track, bytes int64)
}

const (
	playlistType = "application/vnd.apple.mpegurl"
	mediaType    = "video/mp4"
	// writeWithin is how long a client may take to read one answer: the slowest that still plays reads a 2 s segment in 2 s.
	writeWithin = time.Minute
)

func (a *API) hlsRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /hls/{name}/{file}", a.playlistOrInit)
	mux.HandleFunc("GET /hls/{name}/{epoch}/{track}/{file}", a.media)
	mux.HandleFunc("GET /hls/{name}/{epoch}/cert", a.certificates)
	mux.HandleFunc("GET /hls/{name}/{epoch}/stripes/{stripes}", a.stripes)
	mux.HandleFunc("OPTIONS /hls/", func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Allow-Methods", "GET, HEAD")
		h.Set("Access-Control-Allow-Headers", "Range")
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
	})
}

// open sets what every answer of HLS has: any page may read a public stream.
func open(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Content-Length, Content-Range, Date")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

func (a *API) playlistOrInit(w http.ResponseWriter, r *http.Request) {
	open(w)
	if !a.mayWatch(w, r) {
		return
	}
	name, err := id.ParseName(r.PathValue("name"))
	if err != nil {
		answerProblem(w, r, errNoChannel)
		return
	}
	file := r.PathValue("file")
	if file == "master.m3u8" {
		a.playlist(w, r, func() ([]byte, error) { return a.rooms.Origin.Master(r.Context(), name) })
		return
	}
	if file == posterFile {
		a.livePoster(w, r)
		return
	}
	if text, ok := strings.CutSuffix(file, ".m3u8"); ok {
		track, trackErr := parseTrack(text)
		reload, reloadErr := parseReload(r)
		if language, is := textPlaylist(file); is {
			track, trackErr, reload.Text = origin.TextTrack, nil, language
		}
		if err := cmp.Or(trackErr, reloadErr); err != nil {
			a.refuse(w, r, err)
			return
		}
		if !a.waits(w, r, name, track, reload) {
			a.playlist(w, r, func() ([]byte, error) { return a.rooms.Origin.Media(r.Context(), name, track, reload) })
		}
		return
	}
	if digits, ok := cut(file, "i", ".mp4"); ok {
		content, err := a.rooms.Origin.Init(name, digits)
		a.content(w, r, content, err)
		return
	}
	answerProblem(w, r, errNoRoute)
}

// playlist answers with what ask returns, which may wait.
func (a *API) playlist(w http.ResponseWriter, r *http.Request, ask func() ([]byte, error)) {
	var playlist []byte
	err := a.held(r, func() (err error) {
		playlist, err = ask()
		return err
	})
	a.answerPlaylist(w, r, playlist, err)
}

// answerPlaylist answers with a playlist, or says why there is none.
func (a *API) answerPlaylist(w http.ResponseWriter, r *http.Request, playlist []byte, err error) {
	if errors.Is(err, origin.ErrNotFound) { // whose fault is it: there is no such channel, or nothing is on air
		if _, err = a.named(r); err == nil {
			err = errNotLive
		}
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	a.writePlaylist(w, r, playlist)
}

// media answers p{SEQ}.m4s, s{MSN}.m4s and m{SEQ}.
func (a *API) media(w http.ResponseWriter, r *http.Request) {
	open(w)
	if !a.mayWatch(w, r) {
		return
	}
	name, err := id.ParseName(r.PathValue("name"))
	if err != nil {
		answerProblem(w, r, errNoChannel)
		return
	}
	epoch, epochErr := parseNumber(r.PathValue("epoch"))
	track, trackErr := parseTrack(r.PathValue("track"))
	file := r.PathValue("file")
	part, isPart := cut(file, "p", ".m4s")
	whole, isSegment := cut(file, "s", ".m4s")
	record, isRecord := cut(file, "m", "")
	if _, isRecords := cut(file, "r", ""); isRecords && a.elsewhere(w, r, origin.ErrNotFound) { // only recordings tell them in bulk
		return
	}
	n, err := parseNumber(part + whole + record) // at most one of the three is there
	if err := cmp.Or(epochErr, trackErr, err); err != nil {
		a.refuse(w, r, err)
		return
	}
	var content *origin.Content
	switch {
	case isPart:
		err = a.held(r, func() (err error) {
			content, err = a.rooms.Origin.Part(r.Context(), name, segment.Part{Epoch: epoch, Track: track, Seq: n})
			return err
		})
	case isSegment:
		content, err = a.rooms.Origin.Segment(name, epoch, track, n)
	case isRecord:
		a.record(w, r, name, segment.Part{Epoch: epoch, Track: track, Seq: n})
		return
	}
	if !a.elsewhere(w, r, err) {
		a.content(w, r, content, err)
	}
}

// content writes media bytes that never change, whole or one range of them, and counts what was really written.
func (a *API) content(w http.ResponseWriter, r *http.Request, content *origin.Content, err error) {
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	a.rooms.Meter.Count(content.Channel, content.Track, a.immutable(w, r, content))
}

// record writes a part's signed record.
func (a *API) record(w http.ResponseWriter, r *http.Request, name id.Name, part segment.Part) {
	var record []byte
	err := a.held(r, func() (err error) {
		record, err = a.rooms.Records.Manifest(r.Context(), name, part)
		return err
	})
	if a.elsewhere(w, r, err) {
		return
	}
	a.binary(w, r, record, err, a.keeping(r, "public, max-age=3600, immutable"))
}

// certificates writes the certificates of an epoch's session keys, one after the other, newest last.
func (a *API) certificates(w http.ResponseWriter, r *http.Request) {
	open(w)
	if !a.mayWatch(w, r) {
		return
	}
	name, epoch, ok := a.broadcast(w, r)
	if !ok {
		return
	}
	records, err := a.rooms.Records.Certificate(name, epoch)
	if errors.Is(err, origin.ErrNotFound) {
		if rec, recErr := a.recordingOf(r); recErr == nil {
			records, err = rec.Certificates(), nil
		}
	}
	a.binary(w, r, records, err, "no-cache") // a broadcast of more than half a day gets another
}

// broadcast reads which broadcast a request is about, or answers that there is none of that name.
func (a *API) broadcast(w http.ResponseWriter, r *http.Request) (name id.Name, epoch uint64, ok bool) {
	name, err := id.ParseName(r.PathValue("name"))
	if err != nil {
		answerProblem(w, r, errNoChannel)
		return name, 0, false
	}
	if epoch, err = parseNumber(r.PathValue("epoch")); err != nil {
		a.refuse(w, r, err)
		return name, 0, false
	}
	return name, epoch, true
}

func (a *API) binary(w http.ResponseWriter, r *http.Request, b []byte, err error, cache string) {
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	a.write(w, r, b, "application/octet-stream", cache)
}

// write answers with all of b.
func (a *API) write(w http.ResponseWriter, r *http.Request, b []byte, kind, cache string) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", cache)
	h.Set("Content-Length", strconv.Itoa(len(b)))
	a.hurry(w)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b) // a client that has gone needs no answer
	}
}

// held runs ask, which may wait, as one of the requests that are held open.
func (a *API) held(r *http.Request, ask func() error) error {
	from := clientOf(r)
	if problem := a.holds.take(from); problem != nil {
		return problem
	}
	defer a.holds.release(from)
	return ask()
}

// hurry gives the client writeWithin to read the answer, which begins now.
func (a *API) hurry(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(a.config.Now().Add(writeWithin)) // a recorder in a test has none
}

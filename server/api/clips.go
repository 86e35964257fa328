package api

import (
	"errors"
	"mime"
	"net/http"
	"strconv"
	"time"

	"shoal/id"
	"shoal/server/record"
)

const (
	// clipsPerMinute bounds the clips that one network may make: each takes a copy on the disk. What is refused takes none, and does not count.
	clipsPerMinute = 6
	// clipBodyMax bounds what is read of a wish, in bytes: enough for a title that is much too long to be told how long it is.
	clipBodyMax = 16 << 10
	// downloadFile is a recording or a clip as one file, beside its playlists.
	downloadFile = "download.mp4"
	// downloadWithin is how long a client may take to read one: a day of a slow line. It may go on where it broke off.
	downloadWithin = 24 * time.Hour
)

func (a *API) clipRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /clips/{name}/{clip}/{file}", a.watched(a.clipFile))
	mux.HandleFunc("GET /clips/{name}/{clip}/{track}/{file}", a.watched(a.clipTrack))
	mux.HandleFunc("GET /api/v1/channels/{name}/clips", a.watched(a.listClips))
	mux.HandleFunc("GET /api/v1/channels/{name}/clips/{clip}", a.watched(a.showClip))
	mux.HandleFunc("POST /api/v1/channels/{name}/clips", a.watched(a.makeClip))
}

// clipOf returns the clip that a route means.
func (a *API) clipOf(r *http.Request) (*record.Recording, error) {
	c, err := a.named(r)
	if err != nil {
		return nil, err
	}
	if a.rooms.Recordings == nil || r.PathValue("clip") == "" {
		return nil, record.ErrNotFound
	}
	return a.rooms.Recordings.Find(record.Key{Channel: c.ID, Clip: r.PathValue("clip")})
}

func (a *API) clipFile(w http.ResponseWriter, r *http.Request) {
	open(w)
	clip, err := a.clipOf(r)
	switch {
	case errors.Is(err, record.ErrNotFound) && r.PathValue("file") == downloadFile:
		answerProblem(w, r, errNoRecording)
	case err != nil:
		a.refuse(w, r, err)
	case r.PathValue("file") == "cert":
		a.binary(w, r, clip.Certificates(), nil, "no-cache")
	default:
		a.besideTracks(w, r, clip)
	}
}

func (a *API) clipTrack(w http.ResponseWriter, r *http.Request) {
	open(w)
	clip, err := a.clipOf(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	a.recorded(w, r, clip)
}

// listClips tells a channel's clips, newest first: ?before=CLIP asks for those behind one.
func (a *API) listClips(w http.ResponseWriter, r *http.Request) {
	c, err := a.named(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	before := r.URL.Query().Get("before")
	if before != "" && !record.ValidClip(before) {
		a.refuse(w, r, errBeforeClip)
		return
	}
	list := []recording{}
	if a.rooms.Recordings != nil {
		clips, err := a.rooms.Recordings.Clips(c.ID, before)
		if errors.Is(err, record.ErrNotFound) {
			err = errNoRecording
		}
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		for _, s := range clips {
			list = append(list, a.tell(c.Name, s))
		}
	}
	writeJSON(w, http.StatusOK, list)
}

// showClip tells one clip.
func (a *API) showClip(w http.ResponseWriter, r *http.Request) {
	clip := r.PathValue("clip")
	if !record.ValidClip(clip) {
		answerProblem(w, r, errNoRecording)
		return
	}
	a.showOne(w, r, record.Key{Clip: clip})
}

// makeClip cuts a clip at segments, so that nothing is encoded again.
func (a *API) makeClip(w http.ResponseWriter, r *http.Request) {
	c, err := a.named(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	if a.rooms.Recordings == nil || !a.way(c.ID).clips {
		answerProblem(w, r, errNoClips)
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(a.config.Now().Add(joinWithin)) // a recorder in a test has none
	ask, wrong := readWish(r, http.MaxBytesReader(w, r.Body, clipBodyMax))
	if wrong != nil {
		answerProblem(w, r, wrong)
		return
	}
	rec, from, to, err := a.meant(c.ID, ask)
	if err == nil {
		err = a.rooms.Recordings.MayCut(rec, from, to)
	}
	if errors.Is(err, record.ErrRange) && ask.LastS > 0 && ask.AgoS == 0 { // no segment is whole yet
		err = errClipNothing
	}
	if err == nil && !a.cuts.allow(clientOf(r)) {
		err = errClipsMany
	}
	var made record.Summary
	if err == nil {
		made, err = a.rooms.Recordings.Cut(rec, from, to, ask.Title)
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	writeJSON(w, http.StatusCreated, a.tell(c.Name, made))
}

// meant returns the recording that a wish is for, and the range of it.
func (a *API) meant(channel id.Channel, ask wish) (rec *record.Recording, from, to time.Duration, err error) {
	from, to, missing := seconds(ask.FromS), seconds(ask.ToS), errNoRecording
	if ask.LastS > 0 {
		state := a.rooms.Broadcasts.State(channel)
		if !state.Live {
			return nil, 0, 0, errNotLive
		}
		ask.Recording, from, to, missing = state.Epoch, -seconds(ask.LastS+ask.AgoS), -seconds(ask.AgoS), errClipNothing
	}
	if rec, err = a.rooms.Recordings.Find(record.Key{Channel: channel, Epoch: ask.Recording}); errors.Is(err, record.ErrNotFound) {
		err = missing
	}
	return rec, from, to, err
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// noFile is why a recording cannot be downloaded, in words for whoever wanted it.
func (a *API) noFile(rec *record.Recording, err error) error {
	switch {
	case errors.Is(err, record.ErrGrowing) && a.planned(rec.Key.Channel, rec.Key.Epoch).Keep:
		return errGrowing
	case errors.Is(err, record.ErrGrowing), errors.Is(err, record.ErrNotFound): // the former is there for rewinding, and goes
		return errNoRecording
	case errors.Is(err, record.ErrLost):
		a.config.Log.Error("a recording is not whole", "channel", rec.Name(), "recording", rec.Key.Epoch, "clip", rec.Key.Clip, "err", err)
		return errLost
	}
	return err
}

// download answers with a recording or a clip as one MP4 file, which may be read in ranges.
func (a *API) download(w http.ResponseWriter, r *http.Request, rec *record.Recording) {
	if !a.way(rec.Key.Channel).download {
		answerProblem(w, r, errNoDownload)
		return
	}
	content, err := rec.File()
	if err != nil {
		a.refuse(w, r, a.noFile(rec, err))
		return
	}
	defer content.Close() // it was only read
	s := rec.Summary()
	name := string(s.Name) + "-" + s.Started.UTC().Format("2006-01-02-1504") + ".mp4"
	if mark := rec.TextMark(); mark != "" { // subtitles may be replaced, and with them the file
		w.Header().Set("ETag", strconv.Quote(r.URL.Path+" "+mark))
	}
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	a.metrics.recorded(rec.Name(), a.immutableWithin(w, r, content, downloadWithin))
}

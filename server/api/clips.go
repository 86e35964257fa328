package api

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"time"

	"shoal/server/record"
)

const (
	// clipsPerMinute bounds the clips that one network may make: each takes a copy on the disk.
	clipsPerMinute = 6
	clipBodyMax    = 1 << 10
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

// wish is what is to be clipped: the last seconds of what is live, or a range of a recording as it is played.
type wish struct {
	LastS     float64 `json:"last_s"`
	Recording uint64  `json:"recording"`
	FromS     float64 `json:"from_s"`
	ToS       float64 `json:"to_s"`
	Title     string  `json:"title"`
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
	if !a.cuts.allow(clientOf(r)) {
		answerProblem(w, r, errManyHere)
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(a.config.Now().Add(joinWithin)) // a recorder in a test has none
	var ask wish
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, clipBodyMax))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&ask); err != nil || decoder.More() || ask.bad() {
		answerProblem(w, r, errClipForm)
		return
	}
	from, to := seconds(ask.FromS), seconds(ask.ToS)
	if ask.LastS > 0 {
		state := a.rooms.Broadcasts.State(c.ID)
		if !state.Live {
			a.refuse(w, r, errNotLive)
			return
		}
		ask.Recording, from, to = state.Epoch, -seconds(ask.LastS), 0
	}
	rec, err := a.rooms.Recordings.Find(record.Key{Channel: c.ID, Epoch: ask.Recording})
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	made, err := a.rooms.Recordings.Cut(rec, from, to, ask.Title)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	writeJSON(w, http.StatusCreated, a.tell(c.Name, made))
}

// bad reports whether a wish is for nothing, for too much, or for two things.
func (k wish) bad() bool {
	most := record.ClipMax.Seconds()
	if k.LastS != 0 {
		return k.LastS < 1 || k.LastS > most || k.Recording != 0 || k.FromS != 0 || k.ToS != 0
	}
	return k.Recording == 0 || k.FromS < 0 || k.ToS <= k.FromS || k.ToS-k.FromS > most || k.ToS > record.LastsMax.Seconds()*2
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// download answers with a recording or a clip as one MP4 file, which may be read in ranges.
func (a *API) download(w http.ResponseWriter, r *http.Request, rec *record.Recording) {
	if !a.way(rec.Key.Channel).download {
		answerProblem(w, r, errNoDownload)
		return
	}
	content, err := rec.File()
	if err != nil {
		a.refuse(w, r, err)
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

package api

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"shoal/id"
	"shoal/server/record"
)

// recording is a recording as the API tells it.
type recording struct {
	Epoch    uint64    `json:"epoch"`
	Clip     string    `json:"clip,omitempty"`
	Title    string    `json:"title,omitempty"`
	Started  time.Time `json:"started"`
	Ended    time.Time `json:"ended"`
	LastsS   float64   `json:"lasts_s"`
	Bytes    int64     `json:"bytes"`
	Live     bool      `json:"live"`
	Chapters []chapter `json:"chapters"`
	Page     string    `json:"page"`
	HLS      string    `json:"hls"`
	Download string    `json:"download,omitempty"`

	Poster        string `json:"poster,omitempty"`
	Storyboard    string `json:"storyboard,omitempty"`
	ChaptersTrack string `json:"chapters_track,omitempty"`

	Making *float64 `json:"rungs_making,omitempty"` // the share of its smaller rungs that is made
}

type chapter struct {
	AtS  float64   `json:"at_s"`
	Wall time.Time `json:"wall"`
}

func (a *API) tell(name id.Name, s record.Summary) recording {
	epoch := strconv.FormatUint(s.Key.Epoch, 10)
	told := recording{
		Epoch: s.Key.Epoch, Clip: s.Key.Clip, Title: s.Title, Started: s.Started.UTC(), Ended: s.Ended.UTC(), LastsS: s.Lasts.Seconds(), Bytes: s.Bytes,
		Live: s.Growing, Chapters: []chapter{}, Page: "/c/" + string(name) + "/r/" + epoch, HLS: "/hls/" + string(name) + "/" + epoch + "/master.m3u8",
	}
	if s.Key.Clip != "" {
		told.Page, told.HLS = "/c/"+string(name)+"/clip/"+s.Key.Clip, "/clips/"+string(name)+"/"+s.Key.Clip+"/master.m3u8"
	}
	beside := strings.TrimSuffix(told.HLS, "master.m3u8")
	if !s.Growing && !s.Changed && a.way(s.Key.Channel).download {
		told.Download = beside + downloadFile
	}
	if s.Pictured {
		told.Poster, told.Storyboard = beside+posterFile, beside+boardFile
	}
	if len(s.Chapters) > 1 {
		told.ChaptersTrack = beside + chaptersFile
	}
	if a.rooms.Remaking != nil && s.Key.Clip == "" {
		if share, ok := a.rooms.Remaking.Making(s.Key.Channel, s.Key.Epoch); ok {
			told.Making = &share
		}
	}
	for _, c := range s.Chapters {
		told.Chapters = append(told.Chapters, chapter{c.At.Seconds(), c.Wall.UTC()})
	}
	return told
}

// recordingsOf counts a channel's recordings that are listed and whole.
func (a *API) recordingsOf(channel id.Channel) (n int) {
	if a.rooms.Recordings == nil {
		return 0
	}
	return a.rooms.Recordings.Count(channel)
}

// listRecordings tells a channel's recordings, newest first: ?before=EPOCH asks for older ones.
func (a *API) listRecordings(w http.ResponseWriter, r *http.Request) {
	c, err := a.named(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	before := uint64(0)
	if text := r.URL.Query().Get("before"); text != "" {
		if before, err = parseNumber(text); err != nil {
			a.refuse(w, r, errBefore)
			return
		}
	}
	list := []recording{}
	if a.rooms.Recordings != nil {
		for _, s := range a.rooms.Recordings.List(c.ID, before) {
			if s.Growing && !a.planned(c.ID, s.Key.Epoch).Keep {
				continue // it is there for rewinding
			}
			list = append(list, a.tell(c.Name, s))
		}
	}
	writeJSON(w, http.StatusOK, list)
}

// showRecording tells one recording: lists are not endless, but links to what they end before are kept.
func (a *API) showRecording(w http.ResponseWriter, r *http.Request) {
	epoch, err := parseNumber(r.PathValue("epoch"))
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	a.showOne(w, r, record.Key{Epoch: epoch})
}

// showOne tells one recording or clip of the channel that a route names.
func (a *API) showOne(w http.ResponseWriter, r *http.Request, key record.Key) {
	c, err := a.named(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	if a.rooms.Recordings == nil {
		answerProblem(w, r, errNoRecording)
		return
	}
	key.Channel = c.ID
	s, err := a.rooms.Recordings.Summary(key)
	switch {
	case errors.Is(err, record.ErrNotFound), err == nil && s.Growing && !a.planned(c.ID, key.Epoch).Keep: // the latter is there for rewinding
		answerProblem(w, r, errNoRecording)
	case err != nil:
		a.refuse(w, r, err)
	default:
		writeJSON(w, http.StatusOK, a.tell(c.Name, s))
	}
}

package api

import (
	"net/http"
	"time"

	"shoal/id"
	"shoal/server/live/pulse"
)

// Publishers tells how publishers' streams come in.
type Publishers interface {
	Health(channel id.Channel) pulse.Health
}

// healthPerMinute is how often one network may ask for it: a page asks every two seconds.
const healthPerMinute = 120

// Health is how a publisher's stream comes in, as the API tells it to whoever holds the key, and to the operator.
type Health struct {
	Name                id.Name        `json:"name"`
	Live                bool           `json:"live"`
	Publishing          bool           `json:"publishing"`
	Protocol            string         `json:"protocol"`
	ConnectedMS         int64          `json:"connected_ms"`
	Returns             int            `json:"returns"`
	Restarts            int            `json:"restarts"`
	BitsPerSecond       int64          `json:"bits_per_second"`
	FramesPerSecond     float64        `json:"frames_per_second"`
	KeyIntervalMS       int64          `json:"key_interval_ms"`
	KeyWaitingMS        int64          `json:"key_waiting_ms"`
	FramesMissing       int            `json:"frames_missing"`
	FramesMissingLately int            `json:"frames_missing_lately"`
	PacketsLost         int            `json:"packets_lost"`
	PacketsLostLately   int            `json:"packets_lost_lately"`
	Picture             *HealthPicture `json:"picture"`
	Rungs               []HealthRung   `json:"rungs"` // the publisher's own, beside the picture
	Sound               *HealthSound   `json:"sound"` // the first
	Sounds              []HealthSound  `json:"sounds"`
	SoundsLeftOut       int            `json:"sounds_left_out"`
	Captions            []string       `json:"captions"` // inside the picture, as INSTREAM-ID names them
	PictureSilentMS     int64          `json:"picture_silent_ms"`
	SoundSilentMS       int64          `json:"sound_silent_ms"`
	BehindMS            int64          `json:"behind_ms"`
	Advice              []pulse.Advice `json:"advice"`
}

// HealthPicture is the picture of a Health.
type HealthPicture struct {
	Codec  string `json:"codec"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// HealthRung is a picture beside the first, which has the number 1.
type HealthRung struct {
	Number  int    `json:"number"`
	Codec   string `json:"codec,omitempty"`
	Width   int    `json:"width,omitempty"`
	Height  int    `json:"height,omitempty"`
	LeftOut string `json:"left_out,omitempty"` // why
}

// HealthSound is the sound of a Health.
type HealthSound struct {
	Codec    string `json:"codec"`
	Language string `json:"language,omitempty"`
}

func (a *API) healthRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/v1/channels/{name}/health", a.showHealth)
}

func (a *API) showHealth(w http.ResponseWriter, r *http.Request) {
	c, err := a.named(r)
	if err == nil {
		err = a.mayManage(r, c, a.health)
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	h := healthOf(a.rooms.Publishers.Health(c.ID), a.config.Now())
	h.Name, h.Live = c.Name, a.rooms.Broadcasts.State(c.ID).Live
	writeJSON(w, http.StatusOK, h)
}

func healthOf(p pulse.Health, now time.Time) Health {
	h := Health{
		Publishing: p.Publishing, Protocol: p.Protocol, Returns: p.Returns, Restarts: p.Restarts,
		BitsPerSecond: p.BitsPerSecond, FramesPerSecond: p.FramesPerSec,
		KeyIntervalMS: p.KeyInterval.Milliseconds(), KeyWaitingMS: p.KeyWaiting.Milliseconds(),
		FramesMissing: p.FramesMissing, FramesMissingLately: p.MissingLately, PacketsLost: p.PacketsLost, PacketsLostLately: p.LostLately,
		PictureSilentMS: p.PictureSilent.Milliseconds(), SoundSilentMS: p.SoundSilent.Milliseconds(), BehindMS: p.Behind.Milliseconds(),
		Captions: p.Captions, Advice: p.Advice,
	}
	if p.Publishing {
		h.ConnectedMS = now.Sub(p.Connected).Milliseconds()
	}
	if p.Picture != "" {
		h.Picture = &HealthPicture{p.Picture, p.Width, p.Height}
	}
	h.Rungs = []HealthRung{}
	for _, r := range p.Rungs {
		h.Rungs = append(h.Rungs, HealthRung{r.Number, r.Picture, r.Width, r.Height, r.LeftOut})
	}
	h.Sounds, h.SoundsLeftOut = []HealthSound{}, p.LeftOut
	for _, s := range p.Sounds {
		h.Sounds = append(h.Sounds, HealthSound{s.Codec, s.Language})
	}
	if len(h.Sounds) > 0 {
		h.Sound = &h.Sounds[0]
	}
	if h.Captions == nil {
		h.Captions = []string{}
	}
	if h.Advice == nil {
		h.Advice = []pulse.Advice{}
	}
	return h
}

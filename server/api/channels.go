package api

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"shoal/id"
	"shoal/segment"
	"shoal/server/channel"
	"shoal/server/live"
	"shoal/server/origin"
	"shoal/server/pack"
	"shoal/server/record"
)

// Channels is the registry.
type Channels interface {
	ByName(ctx context.Context, name id.Name) (channel.Channel, error)
	List(ctx context.Context) ([]channel.Channel, error)
}

// Broadcasts tells what is on air.
type Broadcasts interface {
	State(channel id.Channel) live.State
}

// track is one track of a broadcast, as the API tells it.
type track struct {
	Track    segment.Track `json:"track"`
	Kind     string        `json:"kind"`
	Codec    string        `json:"codec"`
	Width    int           `json:"width,omitempty"`
	Height   int           `json:"height,omitempty"`
	Language string        `json:"language,omitempty"` // of sound
	Resting  bool          `json:"resting,omitempty"`  // a rung that is not made now: no playlist names it
}

func (a *API) channelRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/v1/channels", a.listChannels)
	mux.HandleFunc("GET /api/v1/channels/{name}", a.showChannel)
}

func (a *API) listChannels(w http.ResponseWriter, r *http.Request) {
	channels, err := a.rooms.Channels.List(r.Context())
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	type entry struct {
		Name       id.Name `json:"name"`
		Live       bool    `json:"live"`
		Publishing bool    `json:"publishing"`
		Awaited    bool    `json:"awaited"`
		Viewers    int     `json:"viewers"`
		Recordings int     `json:"recordings"`
		Poster     string  `json:"poster,omitempty"`
	}
	list := make([]entry, 0, len(channels))
	for _, c := range channels {
		if a.private(c.Name) {
			continue // whoever may watch it has its link
		}
		b := a.rooms.Broadcasts.State(c.ID)
		list = append(list, entry{c.Name, b.Live, b.Publishing, b.Awaited, a.rooms.Tracker.Viewers(c.ID), a.recordingsOf(c.ID), a.posterOf(c.ID, c.Name)})
	}
	writeJSON(w, http.StatusOK, list)
}

func (a *API) showChannel(w http.ResponseWriter, r *http.Request) {
	a.visited(w, r)
	if !a.mayWatch(w, r) {
		return
	}
	c, err := a.named(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	way := a.way(c.ID)
	type sharing struct {
		Mode          string `json:"mode"` // as the channel's setting
		PresetAllowed bool   `json:"preset_allowed"`
	}
	state := struct {
		Name       id.Name    `json:"name"`
		Channel    string     `json:"channel"`
		Live       bool       `json:"live"`
		Publishing bool       `json:"publishing"` // false while a broadcast waits for its publisher to come back
		Awaited    bool       `json:"awaited"`    // not live, as the server was started anew: its publisher may still come back
		Viewers    int        `json:"viewers"`
		Started    *time.Time `json:"started"`
		Epoch      uint64     `json:"epoch"`
		Tracks     []track    `json:"tracks"`
		Captions   []string   `json:"captions"`
		Sharing    sharing    `json:"sharing"`
		RewindS    float64    `json:"rewind_s"`
		Clips      bool       `json:"clips"`
		LatencyS   float64    `json:"latency_s,omitempty"`

		Poster     string `json:"poster,omitempty"`
		Storyboard string `json:"storyboard,omitempty"`
	}{
		Name: c.Name, Channel: c.ID.String(), Viewers: a.rooms.Tracker.Viewers(c.ID), Tracks: []track{}, Captions: []string{},
		Sharing: sharing{channel.ShareAsk, a.presetAllowed(r)}, RewindS: way.rewind.Seconds(), Clips: way.clips && a.rooms.Recordings != nil, LatencyS: way.latency.Seconds(),
	}
	if way.serverOnly {
		state.Sharing = sharing{Mode: "off"}
	}
	b := a.rooms.Broadcasts.State(c.ID)
	state.Awaited = b.Awaited
	if b.Live {
		started := b.Started.UTC()
		state.Live, state.Publishing, state.Epoch, state.Tracks, state.Started = true, b.Publishing, b.Epoch, tracksOf(b), &started
		state.RewindS = a.planned(c.ID, b.Epoch).Rewind.Seconds()
		_, state.Storyboard = a.liveStills(c.ID, c.Name, b.Epoch)
		state.Captions = append(state.Captions, b.Captions...)
	}
	state.Poster = a.posterOf(c.ID, c.Name)
	writeJSON(w, http.StatusOK, state)
}

func tracksOf(b live.State) []track {
	list := make([]track, 0, len(b.Tracks))
	for n, t := range b.Tracks {
		width, height, _ := pack.Picture(t)
		list = append(list, track{segment.Track(n), t.Kind.String(), pack.CodecName(t), width, height, t.Language, b.Resting.Has(segment.Track(n))})
	}
	return list
}

// named returns the channel that a route's {name} means.
func (a *API) named(r *http.Request) (channel.Channel, error) {
	name, err := id.ParseName(r.PathValue("name"))
	if err != nil {
		return channel.Channel{}, errNoChannel
	}
	return a.rooms.Channels.ByName(r.Context(), name)
}

// presetAllowed reports whether a link may answer the sharing question for the viewer: when the operator says so, or
// when server and viewer are the same machine. A server with a public address behind a proxy sees loopback hosts that
// are none, hence the three conditions.
func (a *API) presetAllowed(r *http.Request) bool {
	if a.config.SharePreset {
		return true
	}
	public, err := url.Parse(a.config.PublicURL)
	return err == nil && isLoopback(public.Hostname()) && isLoopback((&url.URL{Host: r.Host}).Hostname()) && clientOf(r).IsLoopback()
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// refuse answers with the problem that err stands for. What is nobody's fault outside is logged.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var known *problem
	switch {
	case errors.As(err, &known):
	case errors.Is(err, channel.ErrNotFound):
		known = errNoChannel
	case errors.Is(err, origin.ErrNotFound), errors.Is(err, origin.ErrOver), errors.Is(err, record.ErrNotFound):
		known = errGone
	case errors.Is(err, record.ErrRange):
		known = errClipRange
	case errors.Is(err, record.ErrMany), errors.Is(err, record.ErrFull):
		known = errClipsFull
	case errors.Is(err, record.ErrParameters):
		known = errNotOneFile
	case errors.Is(err, origin.ErrTooFar):
		known = errTooFarAhead
	case errors.Is(err, origin.ErrTimeout):
		known = errNotYet
	case errors.Is(err, origin.ErrBusy):
		known = errManyInAll
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		known = errNotYet // the client has gone, or the server goes: either way nobody reads much of it
	default:
		known = errInternal
		a.config.Log.Error("a request failed", "route", r.Pattern, "err", err)
	}
	answerProblem(w, r, known)
}

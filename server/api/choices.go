package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"shoal/id"
	"shoal/server/channel"
)

// Choices are the settings that channels have of their own.
type Choices interface {
	Settings(ctx context.Context, channel id.Channel) (channel.Settings, error)
	// Change changes some; an empty value leaves one to the server again. It returns channel.ErrSetting if they cannot be so.
	Change(ctx context.Context, channel id.Channel, changes map[string]string) (channel.Settings, error)
}

// choiceBodyMax bounds a request that changes settings.
const choiceBodyMax = 4 << 10

// errNeedsOperator is for who may look and not change: what a channel takes of the disk is the operator's matter.
var errNeedsOperator = &problem{http.StatusForbidden, "operator", "Only the operator changes settings: shoal channel set, on the server."}

func (a *API) choiceRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/v1/channels/{name}/settings", a.showChoices)
	mux.HandleFunc("PATCH /api/v1/channels/{name}/settings", a.changeChoices)
}

// chosen returns the channel that a route means, if who asks holds its stream key or is the operator.
func (a *API) chosen(r *http.Request) (channel.Channel, error) {
	if a.rooms.Choices == nil {
		return channel.Channel{}, errNoRoute
	}
	c, err := a.named(r)
	if err != nil {
		return c, err
	}
	return c, a.mayManage(r, c, a.health)
}

// showChoices tells the settings that a channel has of its own, and all there are.
func (a *API) showChoices(w http.ResponseWriter, r *http.Request) {
	c, err := a.chosen(r)
	var s channel.Settings
	if err == nil {
		s, err = a.rooms.Choices.Settings(r.Context(), c.ID)
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	writeChoices(w, s)
}

// changeChoices takes {"record":"off","rewind":""}: "" leaves a setting to the server again.
func (a *API) changeChoices(w http.ResponseWriter, r *http.Request) {
	c, err := a.chosen(r)
	if err == nil && !a.isOperator(r) {
		err = errNeedsOperator
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(a.config.Now().Add(joinWithin)) // a recorder in a test has none
	var changes map[string]string
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, choiceBodyMax))
	if err := decoder.Decode(&changes); err != nil || decoder.More() {
		a.refuse(w, r, errMalformed)
		return
	}
	s, err := a.rooms.Choices.Change(r.Context(), c.ID, changes)
	if errors.Is(err, channel.ErrSetting) {
		err = &problem{http.StatusBadRequest, "setting", err.Error()}
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	writeChoices(w, s)
}

// choice is a setting as the API tells it.
type choice struct {
	Own   *string `json:"own"` // null: as the server's flag of this name says
	Takes string  `json:"takes_effect"`
}

func writeChoices(w http.ResponseWriter, s channel.Settings) {
	told := make(map[string]choice)
	for _, key := range channel.SettingKeys() {
		c := choice{Takes: channel.TakesEffect(key)}
		if value, own := s.Value(key); own {
			c.Own = &value
		}
		told[key] = c
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, told)
}

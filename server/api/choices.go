package api

import (
	"cmp"
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
	// Change changes some as the operator; an empty value leaves one to the server again. It returns a channel.SettingsError if they cannot be so.
	Change(ctx context.Context, channel id.Channel, changes map[string]string) (channel.Settings, error)
	// Choose changes some as the streamer, who may have less than he is given, of the channel's own or else of server, and never more.
	Choose(ctx context.Context, channel id.Channel, server channel.Settings, choices map[string]string) (channel.Settings, error)
}

// choiceBodyMax bounds a request that changes settings.
const choiceBodyMax = 4 << 10

// errChoices is for a body that is none.
var errChoices = &problem{http.StatusBadRequest, "malformed", `Send the settings to change as JSON, each value as text: {"record":"off","rewind":"30m"}.`}

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

// showChoices tells all settings of a channel.
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
	a.writeChoices(w, s)
}

// changeChoices takes {"record":"off","rewind":""} of the operator or the streamer: "" takes what is given without a choice.
func (a *API) changeChoices(w http.ResponseWriter, r *http.Request) {
	c, err := a.chosen(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(a.config.Now().Add(joinWithin)) // a recorder in a test has none
	var changes map[string]string
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, choiceBodyMax))
	if err := decoder.Decode(&changes); err != nil || decoder.More() {
		answerProblem(w, r, cmp.Or(tooLarge(r, "The list of settings", err), errChoices))
		return
	}
	var s channel.Settings
	if a.isOperator(r) {
		s, err = a.rooms.Choices.Change(r.Context(), c.ID, changes)
	} else {
		s, err = a.rooms.Choices.Choose(r.Context(), c.ID, a.config.Server, changes)
	}
	var wrong *channel.SettingsError
	switch {
	case errors.As(err, &wrong):
		writeWrongChoices(w, wrong)
	case err != nil:
		a.refuse(w, r, err)
	default:
		a.writeChoices(w, s)
	}
}

// writeWrongChoices is a problem that says of each setting what to write instead, for a form to show it there.
func writeWrongChoices(w http.ResponseWriter, e *channel.SettingsError) {
	type body struct {
		Code    string            `json:"code"`
		Message string            `json:"message"`
		Fields  map[string]string `json:"fields"`
	}
	told := body{"setting", "Nothing was changed: " + e.Error() + ".", make(map[string]string)}
	for _, one := range e.Wrong {
		told.Fields[one.Key] = one.Remedy
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusBadRequest, map[string]body{"error": told})
}

// choice is a setting as the API tells it.
type choice struct {
	Value  string  `json:"value"`  // in force
	Chosen *string `json:"chosen"` // by the streamer; null: nothing
	Own    *string `json:"own"`    // given by the operator to this channel; null: as the server's flag of this name says
	Given  string  `json:"given"`  // in force if the streamer chooses nothing
	Most   string  `json:"most"`   // that the streamer may choose
	Takes  string  `json:"takes_effect"`
}

func (a *API) writeChoices(w http.ResponseWriter, s channel.Settings) {
	told := make(map[string]choice)
	for _, key := range channel.SettingKeys() {
		server, _ := a.config.Server.Own(key)
		c := choice{Value: s.Value(key, server), Given: s.Given(key, server), Takes: channel.TakesEffect(key)}
		c.Most = channel.Most(key, c.Given)
		if value, own := s.Own(key); own {
			c.Own = &value
		}
		if value, chosen := s.Chosen(key); chosen {
			c.Chosen = &value
		}
		told[key] = c
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, told)
}

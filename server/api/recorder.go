package api

import (
	"net/http"
	"time"

	"shoal/id"
	"shoal/server/record"
)

// Remaking tells of the rungs that recordings get afterwards.
type Remaking interface {
	// Making returns how much is made of those of a recording, 0 to 1; ok is false while nothing is.
	Making(channel id.Channel, epoch uint64) (share float64, ok bool)
	// Share is the same of whatever recording it is.
	Share() (share float64, ok bool)
}

// showRecorder tells an operator how recording goes.
func (a *API) showRecorder(w http.ResponseWriter, r *http.Request) {
	if a.rooms.Recorder == nil || a.rooms.Recordings == nil {
		a.refuse(w, r, errNoRoute)
		return
	}
	s := a.rooms.Recorder.Status()
	recordings, clips, size := a.rooms.Recordings.Totals()
	var making *float64
	if a.rooms.Remaking != nil {
		if share, ok := a.rooms.Remaking.Share(); ok {
			making = &share
		}
	}
	writeJSON(w, http.StatusOK, struct {
		State      record.State `json:"state"`
		Says       string       `json:"says"`
		Since      time.Time    `json:"since"`
		Stopped    uint64       `json:"stopped"`
		LostParts  uint64       `json:"lost_parts"`
		Recordings int          `json:"recordings"`
		Clips      int          `json:"clips"`
		Bytes      int64        `json:"bytes"`
		Making     *float64     `json:"rungs_making,omitempty"` // not of which recording: its channel may be private
	}{s.State, s.Says, s.Since.UTC(), s.Stopped, s.Lost, recordings, clips, size, making})
}

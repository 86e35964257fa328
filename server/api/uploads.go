package api

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"shoal/id"
	"shoal/server/channel"
	"shoal/server/upload"
)

// Uploads tells how uploads stand.
type Uploads interface {
	// Able returns upload.ErrTools while none can be taken.
	Able() error
	Show(channel id.Channel, upload string) (upload.Report, error)
	List(channel id.Channel) []upload.Report
	Remove(channel id.Channel, upload string) error
}

// uploadProtocol is uploading as figures call it, and wrongKey why it is refused (gate.WhyKey).
const (
	uploadProtocol = "upload"
	wrongKey       = "key"
)

var (
	errNoUploads   = &problem{http.StatusNotFound, "no_uploads", "This server takes no uploads: its operator turned them off (--upload-gb), or keeps no recordings (--record)."}
	errNoUpload    = &problem{http.StatusNotFound, "no_upload", "There is no such upload: it was deleted, or rested for more than a day. Begin it anew."}
	errNoTools     = &problem{http.StatusServiceUnavailable, "no_ffmpeg", "This server cannot take videos now: it lacks ffmpeg. Its operator installs it with ffprobe (Debian: apt install ffmpeg)."}
	errNoLength    = &problem{http.StatusBadRequest, "no_length", "Say with Upload-Length how many bytes the file has: room is reserved before the first of them. A length that is told later (Upload-Defer-Length) is not taken."}
	errEmptyFile   = &problem{http.StatusBadRequest, "empty", "The file is empty."}
	errUploadQuota = &problem{http.StatusInsufficientStorage, "quota", "The channel's uploads that are under way take as much room as they may. Wait until one is ready, or delete one (--upload-channel-gb)."}
	errManyUploads = &problem{http.StatusTooManyRequests, "many_uploads", fmt.Sprintf("The channel has as many uploads under way as it may (%d). Wait until one is ready, or delete one.", upload.OpenMax)}
	errUploadRoom  = &problem{http.StatusInsufficientStorage, "full", "There is no room on the server's disk for this file and its recording. The operator has to free some."}
	errOffset      = &problem{http.StatusConflict, "offset", "The upload goes on from another place: ask with HEAD from where."}
	errWritten     = &problem{http.StatusLocked, "busy", "The upload is written to by another request."}
	errManyWrite   = &problem{http.StatusServiceUnavailable, "busy", "The server receives as many uploads at once as it can. Try again in a minute: what was sent is kept."}
)

func (a *API) errLarge() *problem {
	const megabyte, gigabyte = 1e6, 1e9
	text := fmt.Sprintf("%.0f MB", float64(a.config.UploadMax)/megabyte)
	if a.config.UploadMax >= gigabyte {
		text = fmt.Sprintf("%.1f GB", float64(a.config.UploadMax)/gigabyte)
	}
	return &problem{http.StatusRequestEntityTooLarge, "too_large", "The file is larger than this server takes: " + text + " at most (--upload-gb, --keep-gb)."}
}

// uploadProblem is an error of the inbox in our words.
func (a *API) uploadProblem(err error) *problem {
	var known *problem
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, upload.ErrNotFound):
		return errNoUpload
	case errors.Is(err, upload.ErrTools):
		return errNoTools
	case errors.Is(err, upload.ErrEmpty):
		return errEmptyFile
	case errors.Is(err, upload.ErrLarge):
		return a.errLarge()
	case errors.Is(err, upload.ErrQuota):
		return errUploadQuota
	case errors.Is(err, upload.ErrMany):
		return errManyUploads
	case errors.Is(err, upload.ErrFull):
		return errUploadRoom
	case errors.Is(err, upload.ErrOffset):
		return errOffset
	case errors.Is(err, upload.ErrBusy):
		return errWritten
	}
	a.config.Log.Error("an upload failed", "err", err)
	return errInternal
}

func (a *API) uploadRoutes(mux *http.ServeMux) error {
	mux.HandleFunc("GET /api/v1/channels/{name}/uploads", a.listUploads)
	mux.HandleFunc("GET /api/v1/channels/{name}/uploads/{upload}", a.showUpload)
	return a.tusRoutes(mux)
}

// mayUpload returns the channel in the route if r's stream key is its own, or the operator asks.
func (a *API) mayUpload(r *http.Request) (channel.Channel, error) {
	if a.rooms.Uploads == nil {
		return channel.Channel{}, errNoUploads
	}
	c, err := a.named(r)
	if err != nil {
		return channel.Channel{}, err
	}
	if err := a.holdsKey(r, c); err != nil {
		if errors.Is(err, errWrongKey) {
			a.metrics.PublisherRefused(uploadProtocol, wrongKey)
		}
		return channel.Channel{}, err
	}
	return c, nil
}

// UploadState is how an upload stands, as the API tells it.
type UploadState struct {
	ID       string       `json:"id"`
	Title    string       `json:"title"`
	State    upload.State `json:"state"`
	Says     string       `json:"says"`
	Length   int64        `json:"length"`
	Received int64        `json:"received"`
	Percent  int          `json:"percent"` // of receiving, or of packaging
	Created  time.Time    `json:"created"`
	Expires  *time.Time   `json:"expires,omitempty"`
	Epoch    uint64       `json:"epoch,omitempty"`
	Page     string       `json:"page,omitempty"`
	Address  string       `json:"upload"` // where it is received (tus)
}

// UploadList is a channel's uploads, and whether another would be taken.
type UploadList struct {
	Able    bool          `json:"able"`
	Says    string        `json:"says"`
	Most    int64         `json:"most_bytes"`
	Uploads []UploadState `json:"uploads"`
}

func uploadState(name id.Name, r upload.Report) UploadState {
	s := UploadState{
		ID: r.ID, Title: r.Title, State: r.State, Says: r.Why, Length: r.Length, Received: r.Received, Percent: r.Percent,
		Created: r.Created, Address: uploadsPath + string(name) + "/" + r.ID,
	}
	switch r.State {
	case upload.Receiving:
		s.Percent = int(100 * float64(r.Received) / float64(r.Length))
		expires := r.Expires.UTC()
		s.Expires = &expires
	case upload.Ready:
		s.Epoch, s.Page = r.Epoch, fmt.Sprintf("/c/%s/r/%d", name, r.Epoch)
	}
	return s
}

func (a *API) listUploads(w http.ResponseWriter, r *http.Request) {
	c, err := a.mayUpload(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	list := UploadList{Able: true, Most: a.config.UploadMax, Uploads: []UploadState{}}
	if err := a.rooms.Uploads.Able(); err != nil {
		list.Able, list.Says = false, a.uploadProblem(err).Says
	}
	for _, report := range a.rooms.Uploads.List(c.ID) {
		list.Uploads = append(list.Uploads, uploadState(c.Name, report))
	}
	writeJSON(w, http.StatusOK, list)
}

func (a *API) showUpload(w http.ResponseWriter, r *http.Request) {
	c, err := a.mayUpload(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	report, err := a.rooms.Uploads.Show(c.ID, r.PathValue("upload"))
	if err != nil {
		answerProblem(w, r, a.uploadProblem(err))
		return
	}
	writeJSON(w, http.StatusOK, uploadState(c.Name, report))
}

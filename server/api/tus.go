package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"
	"github.com/tus/tusd/v2/pkg/memorylocker"
	"golang.org/x/exp/slog"

	"shoal/id"
	"shoal/server/channel"
	"shoal/server/upload"
)

// Receiver takes the bytes of uploads.
type Receiver interface {
	// Reserve begins an upload of so many bytes; said is what the client calls the file.
	Reserve(channel id.Channel, name id.Name, said string, length int64) (upload.Report, error)
	// Write appends what src brings from offset on, and returns how much it was.
	Write(channel id.Channel, upload string, offset int64, src io.Reader) (int64, error)
	// Received says that all of it is there.
	Received(channel id.Channel, upload string) error
}

const (
	uploadsPath = "/uploads/"
	// receivedAtOnce bounds the requests that bring bytes of uploads, of all channels: each holds a connection for as long as it likes.
	receivedAtOnce = 64
	// silentBody is how long such a request may bring nothing.
	silentBody = time.Minute
	// lockWithin is how long a request waits for the one before it on the same upload, which is told to end.
	lockWithin = 10 * time.Second
	// writeOn is how long what came of a broken request may take to be written.
	writeOn = 2 * time.Second
	// overrideHeader is how clients that know only POST name another method.
	overrideHeader = "X-Http-Method-Override"
)

// tusRoutes are the doors of uploads: the protocol is tus 1.0 (https://tus.io), spoken by tusd's handler. A tus id is NAME/UPLOAD.
func (a *API) tusRoutes(mux *http.ServeMux) error {
	store := tusStore{a}
	composer := handler.NewStoreComposer()
	composer.UseCore(store)
	composer.UseTerminater(store)
	composer.UseLocker(memorylocker.New())
	tus, err := handler.NewUnroutedHandler(handler.Config{
		StoreComposer: composer, MaxSize: a.config.UploadMax, BasePath: uploadsPath, DisableDownload: true, DisableConcatenation: true,
		Logger:             slog.New(slog.NewTextHandler(io.Discard, nil)), // it logs each request; what matters is logged by the inbox
		AcquireLockTimeout: lockWithin, NetworkTimeout: silentBody, GracefulRequestCompletionTimeout: writeOn,
	})
	if err != nil {
		return err
	}
	spoken := tus.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one := strings.Contains(strings.Trim(r.URL.Path, "/"), "/")
		switch {
		case !one && r.Method == http.MethodPost:
			tus.PostFile(w, r)
		case one && r.Method == http.MethodHead:
			tus.HeadFile(w, r)
		case one && r.Method == http.MethodPatch:
			tus.PatchFile(w, r)
		case one && r.Method == http.MethodDelete:
			tus.DelFile(w, r)
		default:
			w.Header().Set("Allow", "OPTIONS, POST, HEAD, PATCH, DELETE")
			answerProblem(w, r, errTusMethod)
		}
	}))
	receiving := make(chan struct{}, receivedAtOnce)
	door := func(w http.ResponseWriter, r *http.Request) { a.tus(w, r, spoken, receiving) }
	mux.HandleFunc(uploadsPath+"{name}", door)
	mux.HandleFunc(uploadsPath+"{name}/{upload}", door)
	return nil
}

var errTusMethod = &problem{http.StatusMethodNotAllowed, "method", "Uploads speak tus 1.0: POST begins one, and HEAD, PATCH and DELETE go to the address that it answers."}

// asker is what a request's context holds for the store: whose uploads these are.
type asker struct{}

// tus admits a request and hands it to tusd.
func (a *API) tus(w http.ResponseWriter, r *http.Request, spoken http.Handler, receiving chan struct{}) {
	if a.rooms.Receiver == nil {
		answerProblem(w, r, errNoUploads)
		return
	}
	path := strings.TrimPrefix(r.URL.Path, uploadsPath)
	ctx := r.Context()
	if r.Method != http.MethodOptions { // browsers ask that without the key
		c, err := a.mayUpload(r)
		if err == nil {
			err = a.mayBegin(r)
		}
		if err != nil {
			w.Header().Set("Access-Control-Allow-Origin", "*") // also of a page of another site: the key is in no cookie
			a.refuse(w, r, err)
			return
		}
		ctx = context.WithValue(ctx, asker{}, c)
		w.Header().Set("Cache-Control", "no-store")
	}
	if r.Method == http.MethodPatch || r.Method == http.MethodPost {
		select {
		case receiving <- struct{}{}:
			defer func() { <-receiving }()
		default:
			answerProblem(w, r, errManyWrite)
			return
		}
		w.Header().Set("Upload-Expires", a.config.Now().Add(upload.SilentMax).UTC().Format(http.TimeFormat))
	}
	inner := r.WithContext(ctx)
	inner.URL = &url.URL{Path: "/" + path}
	answer := &locally{ResponseWriter: w}
	defer answer.end()
	spoken.ServeHTTP(answer, inner)
}

// mayBegin refuses in our words what tusd would refuse in fewer.
func (a *API) mayBegin(r *http.Request) error {
	if r.Method != http.MethodPost || r.Header.Get(overrideHeader) != "" {
		return nil
	}
	length, err := strconv.ParseInt(r.Header.Get("Upload-Length"), 10, 64)
	switch {
	case r.Header.Get("Upload-Defer-Length") != "", err != nil, length < 0:
		return errNoLength
	case length > a.config.UploadMax:
		return a.errLarge()
	}
	return nil
}

// locally is one answer to a request for tusd, which knows neither how this server is reached nor when an answer is over.
type locally struct {
	http.ResponseWriter

	mu   sync.Mutex
	over bool // guarded by mu
	cut  bool // guarded by mu
}

// WriteHeader leaves the path of a Location. From then on the answer is over as far as deadlines go.
func (l *locally) WriteHeader(status int) {
	if at, err := url.Parse(l.Header().Get("Location")); err == nil && at.Path != "" {
		l.Header().Set("Location", at.EscapedPath())
	}
	l.end()
	if l.cut { // the server has given up the connection with its reading: who came next on it would be refused
		l.Header().Set("Connection", "close")
	}
	l.ResponseWriter.WriteHeader(status)
}

// SetReadDeadline is of http.ResponseController. tusd ends a request by one that is over, and may do so late: the next request on
// the connection must not be cut.
func (l *locally) SetReadDeadline(at time.Time) error {
	return l.unlessOver(func(c *http.ResponseController) error {
		l.cut = l.cut || !at.After(time.Now())
		return c.SetReadDeadline(at)
	})
}

// SetWriteDeadline is of http.ResponseController, and the same.
func (l *locally) SetWriteDeadline(at time.Time) error {
	return l.unlessOver(func(c *http.ResponseController) error { return c.SetWriteDeadline(at) })
}

func (l *locally) unlessOver(do func(*http.ResponseController) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return nil
	}
	if err := do(http.NewResponseController(l.ResponseWriter)); !errors.Is(err, http.ErrNotSupported) { // a recorder in a test has none
		return err
	}
	return nil
}

func (l *locally) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
}

// tusStore is the inbox as tusd asks it.
type tusStore struct{ api *API }

var (
	_ handler.DataStore           = tusStore{}
	_ handler.TerminaterDataStore = tusStore{}
)

// NewUpload is of handler.DataStore.
func (s tusStore) NewUpload(ctx context.Context, info handler.FileInfo) (handler.Upload, error) {
	c, _ := ctx.Value(asker{}).(channel.Channel)
	said := info.MetaData["filename"]
	if said == "" {
		said = info.MetaData["name"]
	}
	report, err := s.api.rooms.Receiver.Reserve(c.ID, c.Name, said, info.Size)
	if err != nil {
		return nil, s.told(err)
	}
	return tusUpload{s, c, report}, nil
}

// GetUpload is of handler.DataStore.
func (s tusStore) GetUpload(ctx context.Context, name string) (handler.Upload, error) {
	c, _ := ctx.Value(asker{}).(channel.Channel)
	_, one, _ := strings.Cut(name, "/")
	report, err := s.api.rooms.Uploads.Show(c.ID, one)
	if err != nil {
		return nil, s.told(err)
	}
	return tusUpload{s, c, report}, nil
}

// AsTerminatableUpload is of handler.TerminaterDataStore.
func (tusStore) AsTerminatableUpload(u handler.Upload) handler.TerminatableUpload {
	return u.(tusUpload)
}

// told is an error as tusd passes it on.
func (s tusStore) told(err error) error {
	p := s.api.uploadProblem(err)
	body, err := json.Marshal(map[string]map[string]string{"error": {"code": p.Code, "message": p.Says}})
	if err != nil {
		return err
	}
	said := handler.NewError(p.Code, p.Says, p.Status)
	said.HTTPResponse.Body = string(body) + "\n"
	said.HTTPResponse.Header = handler.HTTPHeader{"Content-Type": "application/json"}
	return said
}

// tusUpload is one upload as tusd asks it.
type tusUpload struct {
	store   tusStore
	channel channel.Channel
	report  upload.Report
}

var _ handler.TerminatableUpload = tusUpload{}

// WriteChunk is of handler.Upload.
func (u tusUpload) WriteChunk(_ context.Context, offset int64, src io.Reader) (int64, error) {
	n, err := u.store.api.rooms.Receiver.Write(u.channel.ID, u.report.ID, offset, src)
	if err != nil {
		return n, u.store.told(err)
	}
	return n, nil
}

// GetInfo is of handler.Upload.
func (u tusUpload) GetInfo(context.Context) (handler.FileInfo, error) {
	return handler.FileInfo{
		ID: string(u.channel.Name) + "/" + u.report.ID, Size: u.report.Length, Offset: u.report.Received,
		MetaData: handler.MetaData{"filename": u.report.Title},
	}, nil
}

// GetReader is of handler.Upload: nothing is handed out again.
func (tusUpload) GetReader(context.Context) (io.ReadCloser, error) {
	return nil, errors.New("uploads are not handed out")
}

// FinishUpload is of handler.Upload.
func (u tusUpload) FinishUpload(context.Context) error {
	if err := u.store.api.rooms.Receiver.Received(u.channel.ID, u.report.ID); err != nil {
		return u.store.told(err)
	}
	return nil
}

// Terminate is of handler.TerminatableUpload.
func (u tusUpload) Terminate(context.Context) error {
	if err := u.store.api.rooms.Uploads.Remove(u.channel.ID, u.report.ID); err != nil {
		return u.store.told(err)
	}
	return nil
}

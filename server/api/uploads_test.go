package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"shoal/id"
	"shoal/server/upload"
)

// inbox takes uploads into memory, and counts wrong keys.
type inbox struct {
	answer  error // of Reserve
	able    error
	said    string
	reports map[string]*upload.Report
	failed  int
}

func (x *inbox) Able() error { return x.able }

func (x *inbox) Show(_ id.Channel, one string) (upload.Report, error) {
	if r := x.reports[one]; r != nil {
		return *r, nil
	}
	return upload.Report{}, upload.ErrNotFound
}

func (x *inbox) List(id.Channel) (list []upload.Report) {
	for _, r := range x.reports {
		list = append(list, *r)
	}
	return list
}

func (x *inbox) Remove(_ id.Channel, one string) error {
	delete(x.reports, one)
	return nil
}

func (x *inbox) Reserve(_ id.Channel, _ id.Name, said string, length int64) (upload.Report, error) {
	x.said = said
	r := &upload.Report{ID: "abc", Title: said, State: upload.Receiving, Length: length}
	if x.answer == nil {
		x.reports[r.ID] = r
	}
	return *r, x.answer
}

func (x *inbox) Write(_ id.Channel, one string, _ int64, src io.Reader) (int64, error) {
	n, err := io.Copy(io.Discard, src)
	x.reports[one].Received += n
	return n, err
}

func (x *inbox) Received(_ id.Channel, one string) error {
	x.reports[one].State = upload.Waiting
	return nil
}

func (x *inbox) Blocked(netip.Addr, time.Time) error {
	if x.failed > 2 {
		return errors.New("blocked")
	}
	return nil
}

func (x *inbox) Failed(netip.Addr, time.Time) { x.failed++ }

func (x *inbox) Tell(netip.Addr, time.Time) bool { return true }

// withInbox is a house that takes uploads.
func withInbox(t *testing.T) (*house, *inbox) {
	t.Helper()
	h, x := newHouse(t, func(c *Config) { c.OperatorToken, c.UploadMax = operator, 1000 }), &inbox{reports: make(map[string]*upload.Report)}
	var err error
	h.handler, err = New(h.config, Rooms{Channels: h, Broadcasts: h, Tracker: h, Keys: h, Uploads: x, Receiver: x, Gate: x}, h.metrics).Handler()
	if err != nil {
		t.Fatal(err)
	}
	return h, x
}

func headed(words ...string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Tus-Resumable", "1.0.0")
		for i := 0; i+1 < len(words); i += 2 {
			r.Header.Set(words[i], words[i+1])
		}
	}
}

func TestUploadsAreForTheKeysHolder(t *testing.T) {
	h, x := withInbox(t)
	for _, c := range []struct {
		key  string
		want int
	}{{operator, 200}, {fishKey, 200}, {"", 401}, {frogKey, 401}, {"no key", 401}, {"no key", 401}, {fishKey, 429}, {operator, 200}} {
		answer := h.request("GET", "/api/v1/channels/fish/uploads", headed("Authorization", "Bearer "+c.key))
		if answer.Code != c.want {
			t.Errorf("%q: %d instead of %d", c.key, answer.Code, c.want)
		}
	}
	if x.failed != 3 { // nothing is no key
		t.Errorf("%d wrong keys were counted", x.failed)
	}
}

func TestAnUploadOverHTTP(t *testing.T) {
	h, x := withInbox(t)
	key := "Bearer " + fishKey
	begun := h.request("POST", "/uploads/fish", headed("Authorization", key, "Upload-Length", "5", "Upload-Metadata", "filename YS5tcDQ=", "Origin", "https://elsewhere.example"))
	if begun.Code != http.StatusCreated || begun.Header().Get("Location") != "/uploads/fish/abc" || x.said != "a.mp4" || begun.Header().Get("Upload-Expires") == "" {
		t.Fatalf("%d %v, called %q", begun.Code, begun.Header(), x.said)
	}
	sent := h.request("PATCH", "/uploads/fish/abc", headed("Authorization", key, "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream"), func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader("abcde")), 5
	})
	if sent.Code != http.StatusNoContent || sent.Header().Get("Upload-Offset") != "5" {
		t.Errorf("%d %v %s", sent.Code, sent.Header(), sent.Body)
	}
	var state UploadState
	shown := h.request("GET", "/api/v1/channels/fish/uploads/abc", headed("Authorization", key))
	if err := json.Unmarshal(shown.Body.Bytes(), &state); err != nil || state.State != upload.Waiting || state.Address != "/uploads/fish/abc" {
		t.Errorf("%s %v", shown.Body, err)
	}
	for what, c := range map[string]struct {
		answer *httptest.ResponseRecorder
		want   int
	}{
		"handed out":     {h.request("GET", "/uploads/fish/abc", headed("Authorization", key)), 405},
		"listed by tus":  {h.request("PATCH", "/uploads/fish", headed("Authorization", key)), 405},
		"another":        {h.request("HEAD", "/uploads/fish/xyz", headed("Authorization", key)), 404},
		"without a key":  {h.request("HEAD", "/uploads/fish/abc", headed()), 401},
		"of no channel":  {h.request("HEAD", "/uploads/frog/abc", headed("Authorization", key)), 404},
		"an old version": {h.request("PATCH", "/uploads/fish/abc", headed("Authorization", key, "Tus-Resumable", "0.2.2")), 412},
		"deleted":        {h.request("DELETE", "/uploads/fish/abc", headed("Authorization", key)), 204},
	} {
		if c.answer.Code != c.want {
			t.Errorf("%s: %d instead of %d: %s", what, c.answer.Code, c.want, c.answer.Body)
		}
	}
	if preflight := h.request("OPTIONS", "/uploads/fish", headed("Origin", "https://elsewhere.example", "Access-Control-Request-Method", "POST")); preflight.Code != http.StatusOK ||
		!strings.Contains(preflight.Header().Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Errorf("%d %v", preflight.Code, preflight.Header())
	}
}

// Each refusal of the inbox has a status and words of its own.
func TestWhyAnUploadIsRefused(t *testing.T) {
	h, x := withInbox(t)
	words := make(map[string]bool)
	for err, want := range map[error]int{
		upload.ErrTools: 503, upload.ErrLarge: 413, upload.ErrQuota: 507, upload.ErrMany: 429, upload.ErrFull: 507, upload.ErrEmpty: 400, errors.New("other"): 500,
	} {
		x.answer = fmt.Errorf("wrapped: %w", err)
		answer := h.request("POST", "/uploads/fish", headed("Authorization", "Bearer "+fishKey, "Upload-Length", "5"))
		var said struct {
			Error struct{ Code, Message string }
		}
		if err := json.Unmarshal(answer.Body.Bytes(), &said); err != nil || answer.Code != want || words[said.Error.Message] || said.Error.Code == "" || strings.Contains(said.Error.Message, "wrapped") {
			t.Errorf("%v: %d instead of %d: %s %v", x.answer, answer.Code, want, answer.Body, err)
		}
		words[said.Error.Message] = true
	}
	x.able = upload.ErrTools
	var list UploadList
	answer := h.request("GET", "/api/v1/channels/fish/uploads", headed("Authorization", "Bearer "+fishKey))
	if err := json.Unmarshal(answer.Body.Bytes(), &list); err != nil || list.Able || !strings.Contains(list.Says, "ffmpeg") || list.Most != 1000 {
		t.Errorf("%s %v", answer.Body, err)
	}
}

// deadlined is a connection that notes its deadlines.
type deadlined struct {
	*httptest.ResponseRecorder
	reads int
}

func (d *deadlined) SetReadDeadline(time.Time) error {
	d.reads++
	return nil
}

// A request that tusd ends leaves no connection behind on which the next would be refused: Go cancels what comes on a connection of
// which a read has failed.
func TestTheNextRequestIsNotCut(t *testing.T) {
	d := &deadlined{ResponseRecorder: httptest.NewRecorder()}
	l := &locally{ResponseWriter: d}
	if err := l.SetReadDeadline(time.Now().Add(time.Minute)); err != nil || d.reads != 1 {
		t.Error(err, d.reads)
	}
	l.WriteHeader(http.StatusNoContent)
	if d.Header().Get("Connection") != "" {
		t.Error("closed without a reason")
	}
	if err := l.SetReadDeadline(time.Now()); err != nil || d.reads != 1 {
		t.Errorf("cut after its answer: %v, %d", err, d.reads)
	}
	d = &deadlined{ResponseRecorder: httptest.NewRecorder()}
	l = &locally{ResponseWriter: d}
	if err := l.SetReadDeadline(time.Now()); err != nil || d.reads != 1 {
		t.Error(err, d.reads)
	}
	l.WriteHeader(http.StatusBadRequest)
	if d.Header().Get("Connection") != "close" {
		t.Error("the connection is kept though its reading has ended")
	}
}

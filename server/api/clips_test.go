package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"shoal/server/record"
)

// scissors is a shelf whose recording 7 can be cut, a minute of it. Recording 9, which grows, has no whole segment yet.
type scissors struct {
	shelf
	made int
	full bool
}

func (s *scissors) Find(key record.Key) (*record.Recording, error) {
	if key.Epoch != 7 && key.Epoch != 9 {
		return nil, record.ErrNotFound
	}
	return &record.Recording{Key: key}, nil
}

func (s *scissors) MayCut(r *record.Recording, from, to time.Duration) error {
	switch {
	case s.full:
		return record.ErrFull
	case r.Key.Epoch == 9 || to > time.Minute:
		return record.ErrRange
	}
	return nil
}

func (s *scissors) Cut(r *record.Recording, _, _ time.Duration, title string) (record.Summary, error) {
	s.made++
	return record.Summary{Key: record.Key{Channel: r.Key.Channel, Epoch: r.Key.Epoch, Clip: "abcdefgh27"}, Title: title}, nil
}

// newStudio is a house that makes clips, of a channel that is live as epoch 7.
func newStudio(t *testing.T) (*house, *scissors) {
	h, s := newHouse(t, func(c *Config) { c.Clips = true }), &scissors{}
	h.live = true
	var err error
	if h.handler, err = New(h.config, Rooms{Channels: h, Broadcasts: h, Tracker: h, Lobby: h, Recordings: s}, h.metrics).Handler(); err != nil {
		t.Fatal(err)
	}
	return h, s
}

// What is wrong with a clip is told in words that fit, however often: what is refused is not counted.
func TestAClipThatCannotBeIsToldWhy(t *testing.T) {
	h, s := newStudio(t)
	const path = "/api/v1/channels/fish/clips"
	for ask, want := range map[string]struct {
		status int
		says   string
	}{
		`last 30`:                                     {400, "Say as JSON"},
		`{}`:                                          {400, "Say as JSON"},
		`[30]`:                                        {400, "Say as JSON"},
		`{"title":"nothing"}`:                         {400, "Say as JSON"},
		`{"seconds":30}`:                              {400, `There is no field \"seconds\" here`},
		`{"last_s":"30"}`:                             {400, `\"last_s\" has to be a number of seconds`},
		`{"recording":"7"}`:                           {400, `\"recording\" has to be a whole number`},
		`{"recording":7.5}`:                           {400, `\"recording\" has to be a whole number`},
		`{"last_s":30,"title":30}`:                    {400, `\"title\" has to be a text`},
		`{"last_s":30,"recording":7}`:                 {400, "send the one or the others"},
		`{"last_s":0,"from_s":1}`:                     {400, "send the one or the others"},
		`{"last_s":0}`:                                {400, `\"last_s\" is 0 s. A clip lasts from one second to 300`},
		`{"from_s":1,"to_s":5}`:                       {400, `\"recording\" is missing`},
		`{"recording":0,"to_s":5}`:                    {400, `\"recording\" is 0: recordings are numbered from 1`},
		`{"last_s":30} {}`:                            {400, "Say as JSON"},
		`{"last_s":400}`:                              {400, "from one second to 300"},
		`{"ago_s":5}`:                                 {400, `\"ago_s\" is of what is live`},
		`{"last_s":30,"ago_s":-5}`:                    {400, `\"ago_s\" is -5: it is how many seconds`},
		`{"last_s":30,"ago_s":"5"}`:                   {400, `\"ago_s\" has to be a number`},
		`{"last_s":0.5}`:                              {400, "from one second to 300"},
		`{"last_s":-3}`:                               {400, "from one second to 300"},
		`{"recording":7,"from_s":0,"to_s":301}`:       {400, "from one second to 300"},
		`{"recording":7,"from_s":5,"to_s":5}`:         {400, "nothing to clip there"},
		`{"recording":7,"from_s":-5,"to_s":5}`:        {400, "nothing to clip there"},
		`{"recording":7,"from_s":50,"to_s":70}`:       {400, "nothing to clip there"},
		`{"recording":7}`:                             {400, `\"to_s\" is missing`},
		`{"recording":99,"from_s":1,"to_s":2}`:        {404, "This recording is no longer kept"},
		`{"recording":7,"from_s":1e300,"to_s":2e300}`: {400, "nothing to clip there"},

		`{"last_s":30,"title":"` + strings.Repeat("x", 101) + `"}`:   {400, "The title has 101 bytes and may have 100"},
		`{"last_s":30,"title":"` + strings.Repeat("ä", 2000) + `"}`:  {400, "The title has 4000 bytes and may have 100"},
		`{"last_s":30,"title":"` + strings.Repeat("x", 20000) + `"}`: {413, "What is to be clipped has 20024 bytes and may have 16384"},
	} {
		if w := h.request("POST", path, body(ask)); w.Code != want.status || !strings.Contains(w.Body.String(), want.says) {
			t.Errorf("%s: %d %s", ask, w.Code, w.Body)
		}
	}
	h.epoch = 9
	if w := h.request("POST", path, body(`{"last_s":30}`)); w.Code != 404 || !strings.Contains(w.Body.String(), "Nothing of this broadcast is recorded yet") {
		t.Errorf("of a broadcast that has just begun: %d %s", w.Code, w.Body)
	}
	h.epoch = 8
	if w := h.request("POST", path, body(`{"last_s":30}`)); w.Code != 404 || !strings.Contains(w.Body.String(), "Nothing of this broadcast is recorded yet") {
		t.Errorf("of a broadcast that is not recorded: %d %s", w.Code, w.Body)
	}
	h.epoch, s.full = 7, true
	if w := h.request("POST", path, body(`{"last_s":30}`)); w.Code != http.StatusInsufficientStorage {
		t.Errorf("with no room: %d %s", w.Code, w.Body)
	}
	s.full = false
	if w := h.request("POST", path, body(`{"last_s":30,"title":"`+strings.Repeat("ä", 50)+`"}`)); w.Code != http.StatusCreated {
		t.Errorf("with the longest title: %d %s", w.Code, w.Body)
	}
	for n := range clipsPerMinute - 1 {
		if w := h.request("POST", path, body(fmt.Sprintf(`{"last_s":30,"title":"%d"}`, n))); w.Code != http.StatusCreated {
			t.Fatalf("clip %d: %d %s", n, w.Code, w.Body)
		}
	}
	if w := h.request("POST", path, body(`{"last_s":30}`)); w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), "6 clips a minute") || s.made != clipsPerMinute {
		t.Errorf("one more: %d %s, %d made", w.Code, w.Body, s.made)
	}
}

// Whoever wants a file that there is none of hears what is true of it, in a browser as a page that leads on.
func TestADownloadThatCannotBeIsToldWhy(t *testing.T) {
	h, s := newHouse(t, func(c *Config) { c.Record, c.Download = true, true }), &scissors{}
	rooms := Rooms{Channels: h, Broadcasts: h, Tracker: h, Lobby: h, Recordings: s}
	a := New(h.config, rooms, h.metrics)
	var err error
	if h.handler, err = a.Handler(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct {
		status int
		says   string
	}{
		"/hls/fish/9/download.mp4":            {404, "still being made"},
		"/hls/fish/12/download.mp4":           {404, "This recording is no longer kept, or never was"},
		"/clips/fish/abcdefgh22/download.mp4": {404, "This recording is no longer kept, or never was"},
	} {
		if w := h.request("GET", path); w.Code != want.status || !strings.Contains(w.Body.String(), want.says) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	page := h.request("GET", "/hls/fish/9/download.mp4", header("Accept", "text/html")).Body.String()
	if !strings.Contains(page, "<h1>This is not here yet</h1>") || !strings.Contains(page, "still being made") || !strings.Contains(page, `<a href="/c/fish">`) {
		t.Errorf("as a page: %s", page)
	}
	rec := &record.Recording{Key: record.Key{Channel: fish.ID, Epoch: 7}}
	if got := a.noFile(rec, fmt.Errorf("%w: 000002.spool", record.ErrLost)); got != errLost || !strings.Contains(h.log.String(), "000002.spool") {
		t.Errorf("of one that is not whole: %v, and the log says %q", got, h.log.String())
	}
	if got := a.noFile(rec, record.ErrParameters); got != record.ErrParameters {
		t.Errorf("of one that changed: %v", got)
	}
	a.rooms.Recorder = settled{record.Keeping{}}
	if got := a.noFile(rec, record.ErrGrowing); got != errNoRecording {
		t.Errorf("of what is there for rewinding: %v", got)
	}
}

package api

import (
	"errors"
	"strings"
	"testing"
	"time"

	"shoal/id"
	"shoal/server/record"
)

// shelf holds recording 7 of fish, which is whole, recording 9, which grows, and one clip.
type shelf struct{}

var kept = map[record.Key]record.Summary{
	{Channel: fish.ID, Epoch: 7}:           {Key: record.Key{Channel: fish.ID, Epoch: 7}, Title: "tide", Bytes: 5},
	{Channel: fish.ID, Epoch: 9}:           {Key: record.Key{Channel: fish.ID, Epoch: 9}, Growing: true, Bytes: 5},
	{Channel: fish.ID, Clip: "abcdefgh27"}: {Key: record.Key{Channel: fish.ID, Epoch: 7, Clip: "abcdefgh27"}, Title: "the jump", Bytes: 5},
}

func (shelf) Find(record.Key) (*record.Recording, error) { return nil, record.ErrNotFound }

func (shelf) List(id.Channel, uint64) []record.Summary { return nil }

func (shelf) Clips(channel id.Channel, before string) ([]record.Summary, error) {
	switch before {
	case "":
		return []record.Summary{kept[record.Key{Channel: channel, Clip: "abcdefgh27"}]}, nil
	case "abcdefgh27":
		return nil, nil
	}
	return nil, record.ErrNotFound
}

func (shelf) Summary(key record.Key) (record.Summary, error) {
	if s, ok := kept[key]; ok {
		return s, nil
	}
	return record.Summary{}, record.ErrNotFound
}

func (shelf) MayCut(*record.Recording, time.Duration, time.Duration) error { return nil }

func (shelf) Cut(*record.Recording, time.Duration, time.Duration, string) (record.Summary, error) {
	return record.Summary{}, errors.New("nothing is cut here")
}

func (shelf) Count(id.Channel) int                         { return 1 }
func (shelf) Pictured(id.Channel) (record.Summary, bool)   { return record.Summary{}, false }
func (shelf) Totals() (recordings, clips int, bytes int64) { return 2, 1, 15 }

// newLibrary is a house with a shelf.
func newLibrary(t *testing.T, set ...func(*Config)) *house {
	h := newHouse(t, set...)
	var err error
	if h.handler, err = New(h.config, Rooms{Channels: h, Broadcasts: h, Tracker: h, Lobby: h, Recordings: shelf{}}, h.metrics).Handler(); err != nil {
		t.Fatal(err)
	}
	return h
}

// What lists end before has its own address, and lists of clips go on behind a clip; what is asked wrongly is told so.
func TestWhatIsKeptIsTold(t *testing.T) {
	h := newLibrary(t, func(c *Config) { c.Record = true })
	for path, want := range map[string]struct {
		status int
		says   string
	}{
		"recordings/7":            {200, `"title":"tide"`},
		"recordings/9":            {200, `"live":true`},
		"recordings/8":            {404, "no longer kept"},
		"recordings/x":            {404, "nothing at this address"},
		"clips/abcdefgh27":        {200, `"page":"/c/fish/clip/abcdefgh27"`},
		"clips/abcdefgh22":        {404, "no longer kept"},
		"clips/x":                 {404, "no longer kept"},
		"clips":                   {200, `"title":"the jump"`},
		"clips?before=abcdefgh27": {200, "[]"},
		"clips?before=abcdefgh22": {404, "no longer kept"},
		"clips?before=x":          {400, "the name of a clip"},
		"clips?before=7":          {400, "the name of a clip"},
		"recordings?before=x":     {400, "the number of a recording"},
	} {
		if w := h.request("GET", "/api/v1/channels/fish/"+path); w.Code != want.status || !strings.Contains(w.Body.String(), want.says) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := h.request("GET", "/api/v1/channels/frog/recordings/7"); w.Code != 404 {
		t.Errorf("another channel's: %d %s", w.Code, w.Body)
	}
}

// settled is a recorder that has settled what is kept of epoch 7, and heard of no other.
type settled struct{ keeping record.Keeping }

func (settled) Status() record.Status { return record.Status{} }

func (s settled) Planned(_ id.Channel, epoch uint64) (record.Keeping, bool) {
	return s.keeping, epoch == 7
}

// What was set while a broadcast runs is told of the next one.
func TestARunningBroadcastIsKeptAsItBegan(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Record, c.Rewind = false, time.Minute })
	plan := settled{record.Keeping{Keep: true, Rewind: 10 * time.Minute}}
	var err error
	if h.handler, err = New(h.config, Rooms{Channels: h, Broadcasts: h, Tracker: h, Lobby: h, Recordings: growing{}, Recorder: plan}, h.metrics).Handler(); err != nil {
		t.Fatal(err)
	}
	rewind := func(when, want string) {
		t.Helper()
		if got := h.request("GET", "/api/v1/channels/fish").Body.String(); !strings.Contains(got, want) {
			t.Errorf("%s: %s\nlacks %s", when, got, want)
		}
	}
	rewind("while nothing is live", `"rewind_s":60,`)
	h.live = true
	rewind("of the broadcast that runs", `"rewind_s":600,`)
	for path, want := range map[string]string{"recordings": `"epoch":7`, "recordings/7": `"epoch":7`} {
		if w := h.request("GET", "/api/v1/channels/fish/"+path); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: it is recorded, as was settled: %d %s", path, w.Code, w.Body)
		}
	}
	h.epoch = 8
	rewind("of one that the recorder has not heard of", `"rewind_s":60,`)
}

// growing is a shelf on which epoch 7 is being written.
type growing struct{ shelf }

func (growing) List(channel id.Channel, _ uint64) []record.Summary {
	s, _ := growing{}.Summary(record.Key{Channel: channel, Epoch: 7})
	return []record.Summary{s}
}

func (growing) Summary(key record.Key) (record.Summary, error) {
	return record.Summary{Key: key, Growing: true, Bytes: 5}, nil
}

// Where nothing is kept but what can be rewound, that is no recording.
func TestWhatIsKeptForRewindingIsNoRecording(t *testing.T) {
	h := newLibrary(t)
	if w := h.request("GET", "/api/v1/channels/fish/recordings/9"); w.Code != 404 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A file is offered of what can be one, and of nothing else.
func TestOnlyWhatCanBeAFileIsOffered(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Download = true })
	a := New(h.config, Rooms{}, h.metrics)
	for want, s := range map[string]record.Summary{"/hls/fish/7/download.mp4": {}, "": {Changed: true}, "no": {Growing: true}} {
		s.Key = record.Key{Channel: fish.ID, Epoch: 7}
		if got := a.tell(fish.Name, s).Download; got != strings.TrimPrefix(want, "no") {
			t.Errorf("%+v: %q", s, got)
		}
	}
}

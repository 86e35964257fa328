package upload

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"shoal/id"
)

// State is how far an upload is, in one word.
type State string

// The states, in the order in which an upload goes through them. The last two are ends.
const (
	Receiving State = "receiving"
	Waiting   State = "waiting"
	Probing   State = "probing"
	Packaging State = "packaging"
	Ready     State = "ready"
	Refused   State = "refused"
)

// ended reports whether nothing more will happen.
func (s State) ended() bool { return s == Ready || s == Refused }

func (s State) known() bool {
	switch s {
	case Receiving, Waiting, Probing, Packaging, Ready, Refused:
		return true
	}
	return false
}

// about is what rests of an upload beside its bytes.
type about struct {
	ID       string
	Channel  id.Channel
	Name     id.Name // of the channel
	Title    string
	Length   int64
	State    State
	Why      string // it was refused, or waits
	Epoch    uint64 // of its recording; 0 before it is packaged
	Attempts int    // to package it
	Created  time.Time
	Ended    time.Time
}

const (
	aboutFile    = "about.json"
	mediaFile    = "file"
	aboutVersion = 1
	// aboutMax bounds about.json.
	aboutMax = 16 << 10
	// titleMax and whyMax bound texts, in bytes.
	titleMax = 100
	whyMax   = 500
)

// aboutJSON is about.json: times in milliseconds.
type aboutJSON struct {
	Version  int    `json:"version"`
	Channel  string `json:"channel"`
	Name     string `json:"name"`
	Title    string `json:"title"`
	Length   int64  `json:"length"`
	State    State  `json:"state"`
	Why      string `json:"why,omitempty"`
	Epoch    uint64 `json:"epoch,omitempty"`
	Attempts int    `json:"attempts,omitempty"`
	Created  int64  `json:"created_ms"`
	Ended    int64  `json:"ended_ms,omitempty"`
}

func (a about) marshal() ([]byte, error) {
	j := aboutJSON{
		Version: aboutVersion, Channel: a.Channel.String(), Name: string(a.Name), Title: a.Title, Length: a.Length, State: a.State,
		Why: a.Why, Epoch: a.Epoch, Attempts: a.Attempts, Created: a.Created.UnixMilli(),
	}
	if !a.Ended.IsZero() {
		j.Ended = a.Ended.UnixMilli()
	}
	return json.MarshalIndent(j, "", "  ")
}

var errAbout = errors.New("about.json is not what this program writes")

// parseAbout reads about.json of the upload with this id.
func parseAbout(b []byte, upload string) (about, error) {
	var j aboutJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return about{}, errors.Join(errAbout, err)
	}
	channel, err := id.ParseChannel(j.Channel)
	name, nameErr := id.ParseName(j.Name)
	if err != nil || nameErr != nil || j.Version != aboutVersion || j.Length <= 0 || !j.State.known() || len(j.Title) > titleMax ||
		len(j.Why) > whyMax || j.Attempts < 0 || j.Created < 0 || j.Ended < 0 || j.State == Ready && j.Epoch == 0 {
		return about{}, errAbout
	}
	a := about{
		ID: upload, Channel: channel, Name: name, Title: j.Title, Length: j.Length, State: j.State, Why: j.Why, Epoch: j.Epoch,
		Attempts: j.Attempts, Created: time.UnixMilli(j.Created).UTC(),
	}
	if j.Ended > 0 {
		a.Ended = time.UnixMilli(j.Ended).UTC()
	}
	return a, nil
}

// save makes about.json durable, whole or as it was.
func (a about) save(dir string) error {
	b, err := a.marshal()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, aboutFile)
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path+".new"))
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// readAbout reads what rests of the upload in dir.
func readAbout(dir, upload string) (about, error) {
	path := filepath.Join(dir, aboutFile)
	info, err := os.Stat(path)
	if err != nil {
		return about{}, err
	}
	if info.Size() > aboutMax {
		return about{}, errAbout
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return about{}, err
	}
	return parseAbout(b, upload)
}

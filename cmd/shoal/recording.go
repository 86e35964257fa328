package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"text/tabwriter"
	"time"

	"shoal/id"
	"shoal/server/record"
)

// recordingCommand are the tools for recordings. They work on the data directory itself, beside a running server or without one.
type recordingCommand struct {
	List     recordingList     `cmd:"" help:"List a channel's recordings."`
	Clips    recordingClips    `cmd:"" help:"List a channel's clips."`
	Delete   recordingDelete   `cmd:"" help:"Delete a recording or a clip."`
	Captions recordingCaptions `cmd:"" help:"List or print the subtitles of a recording, or put some (WebVTT) beside it in place of those that are there."`
}

type recordingList struct {
	Name            string `arg:"" help:"Name of the channel."`
	channelSettings `embed:""`
}

// Run lists the recordings that are whole. Of one that is being written it says so beside the list.
func (c *recordingList) Run(ctx context.Context, w world) (err error) {
	registry, done, err := c.registry(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	found, err := registry.named(ctx, c.Name)
	if err != nil {
		return err
	}
	list, err := record.Sealed(filepath.Join(c.Data, recordingsDir), found.ID)
	if err != nil {
		return err
	}
	watch := c.addresses().Public + "/c/" + string(found.Name)
	making := func(s record.Summary) (share *float64) {
		if record.Adding(filepath.Join(c.Data, recordingsDir), s.Key) {
			share = askMaking(ctx, c.Data)
		}
		return share
	}
	if c.JSON {
		type row struct {
			Epoch   uint64    `json:"epoch"`
			Started time.Time `json:"started"`
			LastsS  float64   `json:"lasts_s"`
			Bytes   int64     `json:"bytes"`
			Watch   string    `json:"watch_url"`
			Making  *float64  `json:"rungs_making,omitempty"`
		}
		rows := make([]row, 0, len(list))
		for _, s := range list {
			rows = append(rows, row{s.Key.Epoch, s.Started, s.Lasts.Seconds(), s.Bytes, fmt.Sprintf("%s/r/%d", watch, s.Key.Epoch), making(s)})
		}
		return json.NewEncoder(w.out).Encode(rows)
	}
	if _, err := io.WriteString(w.err, c.growing(ctx, registry, found.Name)); err != nil {
		return err
	}
	if len(list) == 0 {
		_, err := fmt.Fprintf(w.out, "Channel %s has no recording.\n", found.Name)
		return err
	}
	table := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	for _, s := range list {
		note := ""
		if share := making(s); share != nil {
			note = fmt.Sprintf("\tsmaller rungs: %.0f %% made", 100**share)
		}
		fmt.Fprintf(table, "%d\t%s\t%v\t%.1f MB\t%s/r/%d%s\n", s.Key.Epoch, s.Started.Local().Format(time.DateTime), s.Lasts.Truncate(time.Second),
			float64(s.Bytes)/1e6, watch, s.Key.Epoch, note)
	}
	return table.Flush()
}

// askMaking asks the server that runs on the data directory how much of a recording's rungs is made; nil if none does.
func askMaking(ctx context.Context, dir string) *float64 {
	at, ok := savedAddresses(dir)
	if !ok || at.HTTP == "" {
		return nil
	}
	ctx, stop := context.WithTimeout(ctx, healthWithin)
	defer stop()
	said, err := askHealth(ctx, "http://"+at.HTTP+"/api/v1/recorder", "")
	var told struct {
		Making *float64 `json:"rungs_making"`
	}
	if err != nil || json.Unmarshal(said, &told) != nil {
		return nil // the server is away, and the list is there without it
	}
	return told.Making
}

type recordingDelete struct {
	Name            string `arg:"" help:"Name of the channel."`
	Which           string `arg:"" help:"Its number, as in the list, or a clip's name, as in its link."`
	channelSettings `embed:""`
}

// Run deletes the recording. A running server notices within half a minute.
func (c *recordingDelete) Run(ctx context.Context, w world) (err error) {
	registry, done, err := c.registry(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	found, err := registry.named(ctx, c.Name)
	if err != nil {
		return err
	}
	err = record.DeleteSealed(filepath.Join(c.Data, recordingsDir), found.ID, c.Which)
	if err != nil {
		return c.undeleted(found.Name, err)
	}
	what := "Recording"
	if record.ValidClip(c.Which) {
		what = "Clip"
	}
	_, err = fmt.Fprintf(w.out, "%s %s of %s is deleted.\n", what, c.Which, found.Name)
	return err
}

// undeleted says why a recording or a clip cannot be deleted, and what to do.
func (c *recordingDelete) undeleted(name id.Name, err error) error {
	_, noNumber := strconv.ParseUint(c.Which, 10, 64)
	clip := record.ValidClip(c.Which)
	switch {
	case errors.Is(err, record.ErrGrowing) && clip:
		return fmt.Errorf("clip %s of %s is just being made: try again in a moment", c.Which, name)
	case errors.Is(err, record.ErrGrowing) && standingOf(c.Data) == away:
		return fmt.Errorf("recording %s of %s is not whole, as its server was stopped: the next start of `shoal serve` makes it so, then it can be deleted", c.Which, name)
	case errors.Is(err, record.ErrGrowing):
		return fmt.Errorf("recording %s of %s is still being made: it can be deleted when its broadcast has ended", c.Which, name)
	case !errors.Is(err, record.ErrNotFound):
		return err
	case clip:
		return fmt.Errorf("channel %s has no clip %s: `shoal recording clips %[1]s` shows its clips", name, c.Which)
	case noNumber != nil:
		return fmt.Errorf("%q is neither a recording's number nor a clip's name (ten letters and digits): `shoal recording list %s` shows the recordings, `shoal recording clips %[2]s` the clips", c.Which, name)
	}
	return fmt.Errorf("channel %s has no recording %s: `shoal recording list %[1]s` shows its recordings", name, c.Which)
}

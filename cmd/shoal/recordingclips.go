package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"text/tabwriter"
	"time"

	"shoal/id"
	"shoal/server/channel"
	"shoal/server/record"
)

type recordingClips struct {
	Name            string `arg:"" help:"Name of the channel."`
	channelSettings `embed:""`
}

// Run lists the channel's clips, newest first.
func (c *recordingClips) Run(ctx context.Context, w world) error {
	return c.withChannel(ctx, c.Name, func(_ *channelTools, found channel.Channel) error {
		list, err := record.SealedClips(filepath.Join(c.Data, recordingsDir), found.ID)
		if err != nil {
			return err
		}
		return c.print(w, found.Name, list)
	})
}

func (c *recordingClips) print(w world, name id.Name, list []record.Summary) error {
	watch := c.addresses().Public + "/c/" + string(name) + "/clip/"
	if c.JSON {
		type row struct {
			Clip    string    `json:"clip"`
			Epoch   uint64    `json:"epoch"`
			Title   string    `json:"title"`
			Started time.Time `json:"started"`
			LastsS  float64   `json:"lasts_s"`
			Bytes   int64     `json:"bytes"`
			Watch   string    `json:"watch_url"`
		}
		rows := make([]row, 0, len(list))
		for _, s := range list {
			rows = append(rows, row{s.Key.Clip, s.Key.Epoch, s.Title, s.Started, s.Lasts.Seconds(), s.Bytes, watch + s.Key.Clip})
		}
		return json.NewEncoder(w.out).Encode(rows)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintf(w.out, "Channel %s has no clip.\n", name)
		return err
	}
	table := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	for _, s := range list {
		title := ""
		if s.Title != "" {
			title = strconv.Quote(s.Title) // any viewer may have written it, to a terminal too
		}
		fmt.Fprintf(table, "%s\t%s\t%v\t%.1f MB\t%s\t%s\n", s.Key.Clip, s.Started.Local().Format(time.DateTime), s.Lasts.Truncate(time.Second),
			float64(s.Bytes)/1e6, watch+s.Key.Clip, title)
	}
	return table.Flush()
}

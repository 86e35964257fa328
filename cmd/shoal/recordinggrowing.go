package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"shoal/id"
)

// growingPass is how long the pass holds that the list of recordings asks with, if the channel is private.
const growingPass = time.Minute

// growing says of the recording that is being made, if there is one, when it will be listed. It asks the server that runs on the data directory: if
// none does, or it says nothing that helps, there is nothing to say.
func (c *recordingList) growing(ctx context.Context, registry *channelTools, name id.Name) string {
	at, ok := savedAddresses(c.Data)
	p, err := passes(registry.secret, nil)
	if !ok || at.HTTP == "" || err != nil {
		return ""
	}
	ctx, stop := context.WithTimeout(ctx, healthWithin)
	defer stop()
	ask := func(what string) []byte {
		pass := url.QueryEscape(p.Issue(name, time.Now().Add(growingPass)))
		said, err := askHealth(ctx, "http://"+at.HTTP+"/api/v1/channels/"+string(name)+what+"?token="+pass, "")
		if err != nil {
			return nil // the server is away, and the list is there without it
		}
		return said
	}
	var channel struct {
		Live       bool `json:"live"`
		Publishing bool `json:"publishing"`
	}
	if json.Unmarshal(ask(""), &channel) != nil || !channel.Live {
		return ""
	}
	why := "goes on"
	if !channel.Publishing {
		why = "waits for its publisher to come back"
	}
	list := json.NewDecoder(bytes.NewReader(ask("/recordings")))
	if _, err := list.Token(); err != nil {
		return ""
	}
	for list.More() { // one by one: a long list is cut off
		var r struct {
			Live   bool    `json:"live"`
			LastsS float64 `json:"lasts_s"`
		}
		if list.Decode(&r) != nil {
			break
		}
		if r.Live {
			lasts := time.Duration(r.LastsS * float64(time.Second)).Truncate(time.Second)
			return fmt.Sprintf("A broadcast of %s %s: its recording, %v so far, is listed here when it has ended.\n", name, why, lasts)
		}
	}
	return ""
}

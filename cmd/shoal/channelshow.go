package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"shoal/id"
	"shoal/server/channel"
)

type channelShow struct {
	Name            string `arg:"" help:"Name of the channel."`
	channelSettings `embed:""`
}

// Run prints the channel's addresses and settings.
func (c *channelShow) Run(ctx context.Context, w world) error {
	return c.withChannel(ctx, c.Name, func(registry *channelTools, found channel.Channel) error {
		s, err := registry.Settings(ctx, found.ID)
		if err != nil {
			return err
		}
		doubts := c.doubts(awaitServer(ctx, c.Data, w.err), c.Name)
		k, err := c.card(found.Name, "", registry.secret)
		if err != nil {
			return err
		}
		choices, err := c.choicesOf(ctx, registry, found.Name, s)
		if err != nil {
			return err
		}
		choices.card = &k
		if !c.JSON {
			if err := printAddresses(w.out, k); err != nil {
				return err
			}
		}
		if err := c.printChoices(w, choices); err != nil {
			return err
		}
		_, err = io.WriteString(w.err, doubts)
		return err
	})
}

// printAddresses writes those of a channel for people.
func printAddresses(w io.Writer, k card) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(what, address string) {
		if address != "" {
			fmt.Fprintf(table, "%s\t%s\n", what, address)
		}
	}
	line("Watch in a browser", k.Watch)
	line("Watch in other players", k.HLS)
	line("Publish by RTMP", k.RTMP)
	line("Publish by RTMPS", k.RTMPS)
	line("Publish by SRT", k.SRT)
	line("Publish by WHIP", k.WHIP)
	line("Publish with a browser", k.Live)
	line("Choose settings", k.Settings)
	if err := table.Flush(); err != nil {
		return err
	}
	more := ""
	if k.SRT != "" {
		more = ", with the whole SRT address"
	}
	_, err := fmt.Fprintf(w, "Publishing takes the stream key, which was shown once: `shoal channel new-key %s` draws another%s.\n\n", k.Channel, more)
	return err
}

// choices are the settings of a channel, and the server's.
type choices struct {
	name   id.Name
	own    channel.Settings
	server map[string]string
	asked  bool  // the server said what it has
	card   *card // its addresses, if they are printed, too
}

// choicesOf joins a channel's settings with those of the server that runs on the data directory. If none does, the server's are what this command
// knows of them.
func (c *channelSettings) choicesOf(ctx context.Context, registry *channelTools, name id.Name, s channel.Settings) (choices, error) {
	server, err := c.spelled()
	if err != nil {
		return choices{}, err
	}
	given := c.askGiven(ctx, registry.secret, name)
	for key, value := range given {
		if key == channel.Ladder && value == recordOn && server[key] != turnOff {
			continue // which the server does not spell out
		}
		server[key] = value
	}
	return choices{name: name, own: s, server: server, asked: given != nil}, nil
}

// askGiven asks the server that runs on the data directory for what it has for channels, by key: it may have flags that this command does not know.
// What the channel has of its own in place of it is not among them. Without a server, or its answer, it returns nil.
func (c *channelSettings) askGiven(ctx context.Context, secret channel.Secret, name id.Name) map[string]string {
	at, ok := savedAddresses(c.Data)
	token, err := operatorToken(secret)
	if !ok || at.HTTP == "" || err != nil || standingOf(c.Data) != up { // whatever else answers there must not hear the token
		return nil
	}
	ctx, stop := context.WithTimeout(ctx, healthWithin)
	defer stop()
	said, err := askHealth(ctx, "http://"+at.HTTP+"/api/v1/channels/"+string(name)+"/settings", token)
	var told map[string]struct {
		Own   *string `json:"own"`
		Given string  `json:"given"`
	}
	if err != nil || json.Unmarshal(said, &told) != nil {
		return nil
	}
	given := make(map[string]string)
	for _, key := range channel.SettingKeys() {
		if one, ok := told[key]; ok && one.Own == nil {
			given[key] = one.Given
		}
	}
	return given
}

// printChoices writes a channel's settings as they are in force, and whose they are.
func (c *channelSettings) printChoices(w world, of choices) error {
	if c.JSON {
		own, chosen := make(map[string]string), make(map[string]string)
		for _, key := range channel.SettingKeys() {
			if value, ok := of.own.Own(key); ok {
				own[key] = value
			}
			if value, ok := of.own.Chosen(key); ok {
				chosen[key] = value
			}
		}
		out := json.NewEncoder(w.out)
		out.SetEscapeHTML(false) // addresses are copied from it by hand, too
		return out.Encode(struct {
			Channel id.Name           `json:"channel"`
			Own     map[string]string `json:"own"`
			Chosen  map[string]string `json:"streamer"`
			Server  map[string]string `json:"server"`
			Reached *card             `json:"addresses,omitempty"`
		}{of.name, own, chosen, of.server, of.card})
	}
	table := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	for _, key := range channel.SettingKeys() {
		value, whose := of.own.Value(key, of.server[key]), "the server's"
		if _, own := of.own.Own(key); own {
			whose = "its own"
		}
		if chosen, is := of.own.Chosen(key); is && chosen == value {
			whose = "the streamer's"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\ttakes effect %s\n", key, value, whose, channel.TakesEffect(key))
	}
	if err := table.Flush(); err != nil || of.asked {
		return err
	}
	_, err := fmt.Fprintln(w.out, "\nNo server could be asked: \"the server's\" are those of shoal.toml, the environment and defaults; flags of `shoal serve` go before them.")
	return err
}

// spelled is what the server has, as far as this command knows, each as `channel set` takes it.
func (c *channelSettings) spelled() (map[string]string, error) {
	all, err := c.forChannels()
	if err == nil && all.On(channel.Ladder, false) {
		all, err = all.With(map[string]string{channel.Ladder: c.Ladder}) // and not merely that there is one
	}
	if err != nil {
		return nil, err
	}
	server := make(map[string]string)
	for _, key := range channel.SettingKeys() {
		server[key], _ = all.Own(key)
	}
	return server, nil
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"shoal/server/api"
	"shoal/server/ingest"
)

// healthWithin is how long the server may take to say it.
const healthWithin = 10 * time.Second

type channelHealth struct {
	Name            string `arg:"" help:"Name of the channel."`
	channelSettings `embed:""`
}

// Run asks the server that runs on the data directory.
func (c *channelHealth) Run(ctx context.Context, w world) (err error) {
	registry, done, err := c.registry(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	found, err := registry.named(ctx, c.Name)
	if err != nil {
		return err
	}
	token, err := operatorToken(registry.secret)
	if err != nil {
		return err
	}
	at, ok := savedAddresses(c.Data)
	if !ok || at.HTTP == "" {
		return fmt.Errorf("no server ran on %s yet: start it with `shoal serve --data %s`", c.Data, c.Data)
	}
	ctx, stop := context.WithTimeout(ctx, healthWithin)
	defer stop()
	said, err := askHealth(ctx, "http://"+at.HTTP+"/api/v1/channels/"+string(found.Name)+"/health", token)
	if err != nil {
		return err
	}
	if c.JSON {
		_, err = w.out.Write(said)
		return err
	}
	var h api.Health
	if err := json.Unmarshal(said, &h); err != nil {
		return err
	}
	return printHealth(w.out, h)
}

func askHealth(ctx context.Context, address, token string) ([]byte, error) {
	const most = 64 << 10
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the server does not answer: %w: is it running?", err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, most))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("the server answered %s: does it run on this data directory?", answer.Status)
	}
	return said, err
}

// printHealth writes it for people.
func printHealth(w io.Writer, h api.Health) error {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-10s "+format+"\n", append([]any{name}, args...)...)
	}
	if !h.Publishing {
		fmt.Fprintf(&b, "%s: nobody publishes.\n", h.Name)
		if h.Live {
			b.WriteString("  Its broadcast waits for the publisher to come back.\n")
		}
		_, err := io.WriteString(w, b.String())
		return err
	}
	fmt.Fprintf(&b, "%s: live over %s for %v\n", h.Name, protocolName(h.Protocol), time.Duration(h.ConnectedMS)*time.Millisecond)
	if h.Picture != nil {
		line("picture", "%s, %dx%d, %.1f frames/s, key frames every %.1f s", h.Picture.Codec, h.Picture.Width, h.Picture.Height, h.FramesPerSecond, float64(h.KeyIntervalMS)/1000)
	} else {
		line("picture", "none")
	}
	for _, r := range h.Rungs {
		switch {
		case r.Codec == "":
		case r.LeftOut != "":
			line("rung", "%s, %dx%d, left out", r.Codec, r.Width, r.Height)
		default:
			line("rung", "%s, %dx%d", r.Codec, r.Width, r.Height)
		}
	}
	for _, s := range h.Sounds {
		line("sound", "%s", strings.TrimSpace(s.Codec+" "+ingest.LanguageName(s.Language)))
	}
	if len(h.Sounds) == 0 {
		line("sound", "none")
	}
	if len(h.Captions) > 0 {
		line("captions", "yes: %s", strings.Join(h.Captions, ", "))
	} else {
		line("captions", "none")
	}
	line("bitrate", "%.2f Mbit/s", float64(h.BitsPerSecond)/1e6)
	line("missing", "%s (%d in the last 10 s), %s lost", count(h.FramesMissing, "frame"), h.FramesMissingLately, count(h.PacketsLost, "packet"))
	line("returns", "%d, clock jumps %d", h.Returns, h.Restarts)
	if len(h.Advice) == 0 {
		b.WriteString("All is well.\n")
	}
	for _, a := range h.Advice {
		fmt.Fprintf(&b, "- %s\n", a.Says)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func protocolName(protocol string) string {
	if protocol == "" {
		return "the server itself"
	}
	return strings.ToUpper(protocol)
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"shoal/id"
	"shoal/server/api"
	"shoal/server/channel"
	"shoal/server/upload"
)

// askAgain is how often a server is asked how an upload stands.
const askAgain = time.Second

// uploadCommand sends a video file to a channel. It may be started again after whatever stopped it: it goes on where it was.
type uploadCommand struct {
	File    string `arg:"" help:"The video: MP4, MOV, MKV, WebM, MPEG-TS or FLV."`
	Channel string `name:"channel" required:"" placeholder:"NAME" help:"Name of the channel."`
	Data    string `name:"data" placeholder:"DIR" env:"SHOAL_DATA" help:"Data directory of a server on this machine."`
	Server  string `name:"server" placeholder:"URL" help:"Server on another machine, such as https://live.example.org; the stream key is taken from SHOAL_STREAM_KEY."`
	Key     string `name:"key" placeholder:"KEY" env:"SHOAL_STREAM_KEY" help:"The channel's stream key, for --server; better in the environment, as others see command lines."`
	JSON    bool   `name:"json" help:"Print what came of it as JSON."`
}

// Run sends the file, and waits until it is a recording.
func (c *uploadCommand) Run(ctx context.Context, w world) error {
	name, err := id.ParseName(c.Channel)
	if err != nil {
		return &misuseError{fmt.Errorf("%q is no name of a channel: `shoal channel list` shows them", c.Channel)}
	}
	to, err := c.target(name)
	if err != nil {
		return &misuseError{err}
	}
	file, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("the file cannot be read: %w", err)
	}
	defer file.Close() // it was only read
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no file", c.File)
	}
	say := func(format string, args ...any) { fmt.Fprintf(w.err, format+"\n", args...) }
	state, err := to.send(ctx, file, filepath.Base(c.File), info.Size(), say)
	if err != nil {
		return err
	}
	if state, err = to.await(ctx, state, say); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(w.out).Encode(state)
	}
	_, err = fmt.Fprintf(w.out, "%s is ready: %s%s\n", state.Title, to.public, state.Page)
	return err
}

// target is the server to send to.
func (c *uploadCommand) target(name id.Name) (*uploadTarget, error) {
	to := &uploadTarget{name: name}
	if c.Server != "" {
		at, err := url.Parse(c.Server)
		if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" {
			return nil, fmt.Errorf("--server is %q: write scheme and host, such as https://live.example.org", c.Server)
		}
		if c.Key == "" {
			return nil, errors.New("the stream key is missing: put it into SHOAL_STREAM_KEY")
		}
		to.base, to.key = at.Scheme+"://"+at.Host, c.Key
		to.public, to.list = to.base, "`shoal channel list` on that machine"
		return to, nil
	}
	if c.Data == "" {
		return nil, errors.New("say which server: --data DIR for one on this machine, or --server URL")
	}
	if _, err := os.Stat(filepath.Join(c.Data, channel.SecretFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no server's data directory %s: give the one that the server has in --data", c.Data)
	}
	secret, err := channel.OpenSecret(c.Data)
	if err != nil {
		return nil, err
	}
	if to.key, err = operatorToken(secret); err != nil {
		return nil, err
	}
	at, ok := savedAddresses(c.Data)
	if !ok || at.HTTP == "" {
		return nil, fmt.Errorf("no server ran on %s yet: start it with `shoal serve --data %s`", c.Data, c.Data)
	}
	to.base, to.public = "http://"+at.HTTP, strings.TrimSuffix(at.Public, "/")
	to.list = fmt.Sprintf("`shoal channel list --data %s`", c.Data)
	return to, nil
}

// await waits until an upload is ready. An upload that is refused is an error, in the server's words.
func (t *uploadTarget) await(ctx context.Context, state api.UploadState, say func(string, ...any)) (api.UploadState, error) {
	told := ""
	fails := 0
	for {
		next, err := t.show(ctx, state.ID)
		switch {
		case ctx.Err() != nil:
			return state, ctx.Err()
		case err != nil && !worthAnother(err):
			return state, err
		case err != nil:
			if fails++; fails > failsMax {
				return state, err
			}
		default:
			state, fails = next, 0
		}
		switch state.State {
		case upload.Ready:
			return state, nil
		case upload.Refused:
			return state, fmt.Errorf("%s is refused: %s", state.Title, state.Says)
		}
		if now := progress(state); now != told {
			say("%s", now)
			told = now
		}
		if err := rest(ctx, askAgain); err != nil {
			return state, err
		}
	}
}

// progress says how an upload stands, in steps of ten percent.
func progress(s api.UploadState) string {
	const step = 10
	switch {
	case s.State == upload.Packaging:
		return fmt.Sprintf("packaging %d %%", s.Percent/step*step)
	case s.Says != "":
		return string(s.State) + ": " + s.Says
	}
	return string(s.State)
}

// rest waits, but not longer than ctx.
func rest(ctx context.Context, lasts time.Duration) error {
	timer := time.NewTimer(lasts)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

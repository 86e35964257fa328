package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
)

// get fetches what a player would.
func get(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", address, answer.Status)
	}
	return b, err
}

// state is what the server says of a channel.
type state struct {
	Live       bool   `json:"live"`
	Publishing *bool  `json:"publishing"`
	Epoch      uint64 `json:"epoch"`
}

func (h *house) state(ctx context.Context, name string) (s state, err error) {
	b, err := get(ctx, h.http+"/api/v1/channels/"+name)
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(b, &s)
}

// alone reports whether nobody publishes to a channel. Whoever was cut tries on with the key that it had, so often that its address is not
// heard with any for a minute: this asks for none.
func (h *house) alone(ctx context.Context, name string) (bool, error) {
	s, err := h.state(ctx, name)
	if err == nil && s.Publishing == nil {
		err = errors.New("the server does not say whether somebody publishes")
	}
	return err == nil && !*s.Publishing, err
}

// picture is the newest picture that a player could begin with: where its part is, and the bytes to decode.
type picture struct {
	part  string
	init  string
	epoch int // of the broadcast
	runs  int // of the epoch, before the one that it belongs to
}

// after tells whether a picture belongs to a later run than another.
func (p picture) after(other picture) bool {
	return p.epoch > other.epoch || p.epoch == other.epoch && p.runs > other.runs
}

// epochShift is where a media sequence number holds the epoch (docs/protocol.md).
const epochShift = 20

// newest finds it in the picture's playlist.
func (h *house) newest(ctx context.Context, name string) (p picture, err error) {
	base, err := url.Parse(h.http + "/hls/" + name + "/master.m3u8")
	if err != nil {
		return p, err
	}
	master, err := get(ctx, base.String())
	if err != nil {
		return p, err
	}
	media := ""
	for line := range strings.SplitSeq(string(master), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			media = line
			break
		}
	}
	at, err := base.Parse(media)
	if err != nil || media == "" {
		return p, errors.Join(err, errors.New("the master playlist names no picture"))
	}
	list, err := get(ctx, at.String())
	if err != nil {
		return p, err
	}
	for line := range strings.SplitSeq(string(list), "\n") {
		switch {
		case strings.HasPrefix(line, "#EXT-X-MEDIA-SEQUENCE:"):
			if _, err := fmt.Sscanf(line, "#EXT-X-MEDIA-SEQUENCE:%d", &p.epoch); err != nil {
				return p, err
			}
			p.epoch >>= epochShift
		case strings.HasPrefix(line, "#EXT-X-DISCONTINUITY-SEQUENCE:"):
			if _, err := fmt.Sscanf(line, "#EXT-X-DISCONTINUITY-SEQUENCE:%d", &p.runs); err != nil {
				return p, err
			}
		case strings.HasPrefix(line, "#EXT-X-MAP:"):
			p.init = resolve(at, attribute(line))
		case line == "#EXT-X-DISCONTINUITY":
			p.runs++
			p.part = "" // what is before belongs to another run
		case strings.HasPrefix(line, "#EXT-X-PART:") && strings.Contains(line, "INDEPENDENT=YES"):
			p.part = resolve(at, attribute(line))
		}
	}
	return p, nil
}

func attribute(line string) string {
	_, rest, _ := strings.Cut(line, `URI="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

func resolve(base *url.URL, ref string) string {
	u, err := base.Parse(ref)
	if err != nil {
		return ""
	}
	return u.String()
}

// decode shows the picture to a decoder: it must give a frame and find no fault.
func (p picture) decode(ctx context.Context) error {
	var whole []byte
	for _, address := range []string{p.init, p.part} {
		b, err := get(ctx, address)
		if err != nil {
			return err
		}
		whole = append(whole, b...)
	}
	cmd := exec.CommandContext(ctx, "ffmpeg", "-hide_banner", "-loglevel", "error", "-f", "mp4", "-i", "pipe:0", "-map", "0:v:0", "-frames:v", "1", "-f", "framemd5", "-")
	cmd.Stdin = bytes.NewReader(whole)
	var faults bytes.Buffer
	cmd.Stderr = &faults
	out, err := cmd.Output()
	if err != nil || faults.Len() > 0 {
		return fmt.Errorf("the decoder says: %w %s", err, faults.String())
	}
	for line := range strings.SplitSeq(string(out), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			return nil
		}
	}
	return errors.New("the decoder shows no picture")
}

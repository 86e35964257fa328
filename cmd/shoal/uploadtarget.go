package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"shoal/id"
	"shoal/server/api"
	"shoal/server/upload"
)

const (
	// failsMax is how often in a row a server may fail to take anything.
	failsMax = 20
	// restLeast and restMost are how long it is left alone after that.
	restLeast = 500 * time.Millisecond
	restMost  = 30 * time.Second
	// answerMax bounds an answer, and answerWithin how long one may take that brings no bytes of the file.
	answerMax    = 1 << 20
	answerWithin = 20 * time.Second
	tusVersion   = "1.0.0"
)

// noChannel is the code of a server's refusal that knows no channel of a name.
const noChannel = "not_found"

// uploadTarget is a server that takes uploads: a client of the tus protocol.
type uploadTarget struct {
	name   id.Name
	base   string // without a closing slash
	public string // the same, as viewers reach it
	key    string
	list   string // the command that shows its channels, and where to give it
}

// answerError is what a server answered instead of what was asked for.
type answerError struct {
	status int
	code   string // "": it has none
	says   string
}

func (a *answerError) Error() string { return a.says }

// worthAnother reports whether the same may go well another time.
func worthAnother(err error) bool {
	var answer *answerError
	if !errors.As(err, &answer) {
		return true // the line, or the server, is away
	}
	return answer.status >= http.StatusInternalServerError && answer.status != http.StatusInsufficientStorage ||
		answer.status == http.StatusConflict || answer.status == http.StatusLocked
}

// ask sends one request and returns the answer's head and body.
func (t *uploadTarget) ask(ctx context.Context, method, path string, body io.Reader, length int64, head map[string]string) (http.Header, []byte, error) {
	if length == 0 {
		var stop func()
		ctx, stop = context.WithTimeout(ctx, answerWithin)
		defer stop()
	}
	r, err := http.NewRequestWithContext(ctx, method, t.base+path, body)
	if err != nil {
		return nil, nil, err
	}
	r.ContentLength = length
	r.Header.Set("Authorization", "Bearer "+t.key)
	r.Header.Set("Tus-Resumable", tusVersion)
	for name, value := range head {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, nil, fmt.Errorf("the server does not answer: %w: is it running?", err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, answerMax))
	if err != nil {
		return nil, nil, err
	}
	if answer.StatusCode < http.StatusOK || answer.StatusCode >= http.StatusMultipleChoices {
		return nil, nil, refusal(answer, said)
	}
	return answer.Header, said, nil
}

// refusal is an answer that is an error, in the server's words if it has some.
func refusal(answer *http.Response, said []byte) *answerError {
	var problem struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(said, &problem) != nil || problem.Error.Message == "" {
		return &answerError{status: answer.StatusCode, says: "the server answered " + answer.Status}
	}
	return &answerError{answer.StatusCode, problem.Error.Code, problem.Error.Message}
}

func (t *uploadTarget) api() string { return "/api/v1/channels/" + string(t.name) + "/uploads" }

// show asks how an upload stands.
func (t *uploadTarget) show(ctx context.Context, which string) (state api.UploadState, err error) {
	_, said, err := t.ask(ctx, http.MethodGet, t.api()+"/"+which, nil, 0, nil)
	if err == nil {
		err = json.Unmarshal(said, &state)
	}
	return state, err
}

// begin returns the upload of this file that an earlier run began, or begins one.
func (t *uploadTarget) begin(ctx context.Context, name string, size int64) (api.UploadState, error) {
	_, said, err := t.ask(ctx, http.MethodGet, t.api(), nil, 0, nil)
	var answer *answerError
	if errors.As(err, &answer) && answer.status == http.StatusNotFound && answer.code == noChannel { // which the server says in words for viewers
		return api.UploadState{}, fmt.Errorf("%s has no channel %s: %s shows those it has", t.base, t.name, t.list)
	}
	if err != nil {
		return api.UploadState{}, err
	}
	var list api.UploadList
	if err := json.Unmarshal(said, &list); err != nil {
		return api.UploadState{}, err
	}
	if !list.Able {
		return api.UploadState{}, errors.New(list.Says)
	}
	for _, u := range list.Uploads {
		if u.State == upload.Receiving && u.Length == size && u.Title != "" && strings.HasPrefix(name, u.Title) {
			return u, nil
		}
	}
	head, _, err := t.ask(ctx, http.MethodPost, "/uploads/"+string(t.name), nil, 0, map[string]string{
		"Upload-Length": strconv.FormatInt(size, 10), "Upload-Metadata": "filename " + base64.StdEncoding.EncodeToString([]byte(name)),
	})
	if err != nil {
		return api.UploadState{}, err
	}
	address := head.Get("Location")
	return t.show(ctx, address[strings.LastIndexByte(address, '/')+1:])
}

// send sends a file, over as many connections as it takes.
func (t *uploadTarget) send(ctx context.Context, file io.ReaderAt, name string, size int64, say func(string, ...any)) (api.UploadState, error) {
	state, err := t.begin(ctx, name, size)
	if err != nil {
		return state, err
	}
	if state.Received > 0 {
		say("it goes on where it stopped, at %d %%", state.Percent)
	}
	before := int64(-1)
	for fails, pause := 0, restLeast; ; {
		offset, err := t.offset(ctx, state)
		if err == nil && offset == size {
			return state, nil
		}
		if err == nil {
			if offset != before {
				fails, pause = 0, restLeast
			}
			before = offset
			err = t.patch(ctx, state, file, offset, size, say)
		}
		switch {
		case err == nil:
			continue
		case ctx.Err() != nil:
			return state, ctx.Err()
		case !worthAnother(err) || fails >= failsMax:
			return state, err
		}
		fails++
		say("%v; it goes on in %v", err, pause)
		if err := rest(ctx, pause); err != nil {
			return state, err
		}
		pause = min(2*pause, restMost)
	}
}

// offset asks how much of an upload is there.
func (t *uploadTarget) offset(ctx context.Context, state api.UploadState) (int64, error) {
	head, _, err := t.ask(ctx, http.MethodHead, state.Address, nil, 0, nil)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(head.Get("Upload-Offset"), 10, 64)
}

// patch sends the rest of a file.
func (t *uploadTarget) patch(ctx context.Context, state api.UploadState, file io.ReaderAt, offset, size int64, say func(string, ...any)) error {
	rest := &toldReader{Reader: io.NewSectionReader(file, offset, size-offset), at: offset, of: size, say: say}
	rest.told = rest.percent()
	_, _, err := t.ask(ctx, http.MethodPatch, state.Address, rest, size-offset, map[string]string{
		"Content-Type": "application/offset+octet-stream", "Upload-Offset": strconv.FormatInt(offset, 10),
	})
	return err
}

// toldReader says how much of a file was read through it.
type toldReader struct {
	io.Reader
	at, of int64
	told   int
	say    func(string, ...any)
}

func (r *toldReader) percent() int {
	const step = 10
	return int(100*float64(r.at)/float64(r.of)) / step * step
}

// Read is of io.Reader.
func (r *toldReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.at += int64(n)
	if now := r.percent(); now > r.told {
		r.told = now
		r.say("sent %d %%", now)
	}
	return n, err
}

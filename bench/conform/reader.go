package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"shoal/bench/conform/rules"
)

const (
	// answerWithin is how long any answer may take: longer than a server may hold a request.
	answerWithin = 60 * time.Second
	// bodyMax bounds the bytes of one answer.
	bodyMax = 64 << 20
	// resourcesMax bounds the parts and segments that are fetched of one stream.
	resourcesMax = 20_000
	// slack is what this machine may add to what is timed.
	slack = time.Second
)

// reader reads one stream.
type reader struct {
	client *http.Client // set once
	lasts  time.Duration

	mu    sync.Mutex
	media map[string]rules.Answer // guarded by mu; at most resourcesMax entries
}

func newReader(lasts time.Duration) *reader {
	return &reader{
		lasts: lasts, media: map[string]rules.Answer{},
		client: &http.Client{Timeout: answerWithin, Transport: &http.Transport{DisableCompression: true, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 64}},
	}
}

// read reads the stream at an address, all its renditions at once, for as long as it is to.
func (r *reader) read(ctx context.Context, address string) (*rules.Stream, error) {
	first, err := r.get(ctx, address, "")
	if err != nil {
		return nil, err
	}
	if first.Status != http.StatusOK {
		return nil, fmt.Errorf("%s answers %d: %.200s", address, first.Status, first.Body)
	}
	s := &rules.Stream{Slack: slack}
	addresses, isMaster := rules.Addresses(first.Body, address)
	if isMaster {
		s.Master = &first
	} else {
		addresses = []string{address}
	}
	until := time.Now().Add(r.lasts)
	var all sync.WaitGroup
	failed := make([]error, len(addresses))
	for n, one := range addresses {
		f := newFollower(r, one, until)
		s.Renditions = append(s.Renditions, f.Rendition)
		all.Go(func() { failed[n] = f.run(ctx) })
	}
	all.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, err
		}
	}
	s.Media = r.media
	if s.Master != nil && len(s.Renditions) > 0 { // what it says of bit rates is about what is there by now
		if again, err := r.get(ctx, address, ""); err == nil && again.Status == http.StatusOK {
			s.Master = &again
		}
	}
	return s, nil
}

// get asks for an address. An error means that there was no answer at all.
func (r *reader) get(ctx context.Context, address, span string) (rules.Answer, error) {
	a := rules.Answer{URL: address, Sent: time.Now()}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return a, err
	}
	request.Header.Set("Accept-Encoding", "gzip")
	request.Header.Set("Origin", "https://player.example")
	if span != "" {
		request.Header.Set("Range", span)
	}
	answer, err := r.client.Do(request)
	if err != nil {
		return a, err
	}
	defer answer.Body.Close()
	body := io.Reader(answer.Body)
	if a.Packed = answer.Header.Get("Content-Encoding") == "gzip"; a.Packed {
		if body, err = gzip.NewReader(body); err != nil {
			return a, fmt.Errorf("%s says that it is gzip: %w", address, err)
		}
	}
	a.Body, err = io.ReadAll(io.LimitReader(body, bodyMax))
	a.Status, a.Proto, a.Header, a.Came = answer.StatusCode, answer.Proto, answer.Header, time.Now()
	return a, err
}

// fetch asks for a part, segment or initialization section, once.
func (r *reader) fetch(ctx context.Context, address string) {
	r.mu.Lock()
	_, known := r.media[address]
	full := len(r.media) >= resourcesMax
	if !known && !full {
		r.media[address] = rules.Answer{URL: address} // under way
	}
	r.mu.Unlock()
	if known || full {
		return
	}
	a, err := r.get(ctx, address, "")
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil && ctx.Err() != nil {
		delete(r.media, address)
		return
	}
	r.media[address] = a
}

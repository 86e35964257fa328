package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// heldRounds is how often all are held and answered.
	heldRounds = 5
	// settle is how long after the first answer all are looked at: the asker sleeps until then, and takes nothing from the server.
	settle = 2500 * time.Millisecond
	// aheadBy is how many segments ahead is asked for: two to four seconds, in which all of them ask.
	aheadBy = 2
)

// mass is what was seen of held reloads at one server.
type mass struct {
	delays      []time.Duration // of answers, after the first of their round
	costs       []time.Duration // of the server, for the answers of a round
	empty, full int64           // bytes of memory without anybody, and with all held
	unanswered  int
}

// held measures reloads that are held by the thousand and answered at once.
func held(ctx context.Context, o options, dir, clip string) error {
	if most := seats(); o.held > most {
		fmt.Printf("\n%d reloads instead of %d: more files may not be open here (ulimit -n)", most, o.held)
		o.held = most
	}
	fmt.Printf("\n%d held reloads, %d rounds. The asker sleeps while they are answered; the kernel notes when each answer comes in.\n", o.held, heldRounds)
	fmt.Printf("%-12s %12s %12s %14s %10s %10s %10s %15s %11s\n", "", "memory MB", "KB a reload", "us an answer", "p50 ms", "p99 ms", "last ms", "at one core ms", "unanswered")
	servers := []func() (*house, error){func() (*house, error) { return shoal(ctx, o, dir) }}
	if _, err := os.Stat(o.mediamtx); err == nil {
		servers = append(servers, func() (*house, error) { return mediamtx(o, dir) })
	} else {
		defer fmt.Println("mediamtx     is not here: bench/origin/install.sh builds it where its modules resolve")
	}
	for _, open := range servers {
		if err := heldAt(ctx, o, open, clip); err != nil {
			return err
		}
	}
	return nil
}

func heldAt(ctx context.Context, o options, open func() (*house, error), clip string) error {
	h, err := open()
	defer h.close()
	if err != nil {
		return err
	}
	playlist := "/hls/" + channel + "/0.m3u8"
	if h.name == "mediamtx" {
		playlist = "/" + channel + "/video1_stream.m3u8"
		if err := h.listens(ctx); err != nil {
			return err
		}
	}
	if err := h.publish(clip); err != nil {
		return err
	}
	if h.name == "mediamtx" {
		if err := h.admit(ctx); err != nil {
			return err
		}
	}
	if err := until(ctx, "segments of "+h.name, func() bool {
		b, err := h.get(playlist)
		return err == nil && strings.Count(string(b), "#EXTINF") >= 3
	}); err != nil {
		return err
	}
	m := &mass{empty: resident(h.cmd.Process.Pid)}
	each := perAddress
	if h.cookie != "" {
		each = o.held // a session is good for one address
	}
	crowd, err := gather(h.http, o.held, each)
	defer crowd.leave()
	if err != nil {
		return err
	}
	for range heldRounds {
		if err := m.round(ctx, h, playlist, crowd); err != nil {
			return err
		}
	}
	m.report(h, len(crowd))
	return nil
}

var (
	sequenceOf = regexp.MustCompile(`#EXT-X-MEDIA-SEQUENCE:(\d+)`)
	errSlow    = errors.New("what they ask for was there before all had asked")
)

// round has everybody ask for the first part of a segment to come.
func (m *mass) round(ctx context.Context, h *house, playlist string, crowd crowd) error {
	b, err := h.get(playlist)
	if err != nil {
		return err
	}
	found := sequenceOf.FindSubmatch(b)
	if found == nil {
		return fmt.Errorf("%s has no media sequence", playlist)
	}
	first, err := strconv.Atoi(string(found[1]))
	if err != nil {
		return err
	}
	path := fmt.Sprintf("%s?_HLS_msn=%d&_HLS_part=0", playlist, first+strings.Count(string(b), "#EXTINF")+aheadBy-1)
	answered := make(chan error, 1)
	go func() {
		_, err := h.get(path)
		answered <- err
	}()
	if err := crowd.ask(h, path); err != nil {
		return err
	}
	select {
	case <-answered:
		return errSlow
	case <-time.After(200 * time.Millisecond): // the last are taken in
	}
	m.full = max(m.full, resident(h.cmd.Process.Pid))
	before := spent(h.cmd.Process.Pid)
	select {
	case err := <-answered:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	time.Sleep(settle)
	m.costs = append(m.costs, spent(h.cmd.Process.Pid)-before)
	at, missing := crowd.look()
	m.unanswered += missing
	if len(at) == 0 {
		return errors.New("nobody was answered")
	}
	least := slices.MinFunc(at, time.Time.Compare)
	for _, t := range at {
		m.delays = append(m.delays, t.Sub(least))
	}
	return nil
}

func (m *mass) report(h *house, n int) {
	d := slices.Sorted(slices.Values(m.delays))
	at := func(share float64) float64 { return float64(d[int(share*float64(len(d)-1))].Microseconds()) / 1000 }
	slices.Sort(m.costs)
	cost := m.costs[len(m.costs)/2]
	fmt.Printf("%-12s %12.0f %12.1f %14.1f %10.1f %10.1f %10.1f %15.0f %11d\n", h.name, float64(m.full)/1e6, float64(m.full-m.empty)/float64(n)/1000,
		float64(cost.Microseconds())/float64(n), at(0.5), at(0.99), at(1), float64(cost.Milliseconds()), m.unanswered)
}

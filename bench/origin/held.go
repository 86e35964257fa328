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
	p99         []time.Duration // of each round
	taken       []time.Duration // processor time of the server, for the requests of a round
	costs       []time.Duration // the same, for its answers
	size        int             // bytes of an answer
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
	fmt.Printf("%-12s %10s %12s %13s %13s %9s %9s %15s %9s %11s %17s\n", "", "memory MB", "KB a reload", "us a request", "us an answer", "p50 ms", "p99 ms",
		"best round's", "last ms", "unanswered", "p99, times kernel")
	servers := []func() (*house, error){func() (*house, error) { return shoal(ctx, o, dir) }}
	if _, err := os.Stat(o.mediamtx); err == nil {
		servers = append(servers, func() (*house, error) { return mediamtx(o, dir) })
	} else {
		defer fmt.Println("mediamtx     is not here: bench/origin/install.sh builds it where its modules resolve")
	}
	var names []string
	var all []*mass
	for _, open := range servers {
		name, m, err := heldAt(ctx, o, open, clip)
		if err != nil {
			return err
		}
		names, all = append(names, name), append(all, m)
	}
	kernel, err := heldAtFloor(ctx, o, all[0].size)
	if err != nil {
		return fmt.Errorf("the kernel alone: %w", err)
	}
	for i, m := range append(all, kernel) {
		m.report(append(names, "kernel alone")[i], o.held, kernel)
	}
	fmt.Printf("The kernel alone: a program that only writes the same %d bytes to as many connections, a call each, from as many threads as there are processors.\n", all[0].size)
	return nil
}

func heldAt(ctx context.Context, o options, open func() (*house, error), clip string) (string, *mass, error) {
	h, err := open()
	defer h.close()
	if err != nil {
		return "", nil, err
	}
	m, err := h.hold(ctx, o, clip)
	return h.name, m, err
}

// hold publishes to the server and has all its viewers wait, round by round.
func (h *house) hold(ctx context.Context, o options, clip string) (*mass, error) {
	playlist := "/hls/" + channel + "/0.m3u8"
	if h.name == "mediamtx" {
		playlist = "/" + channel + "/video1_stream.m3u8"
		if err := h.listens(ctx); err != nil {
			return nil, err
		}
	}
	if err := h.publish(clip); err != nil {
		return nil, err
	}
	if h.name == "mediamtx" {
		if err := h.admit(ctx); err != nil {
			return nil, err
		}
	}
	if err := until(ctx, "segments of "+h.name, func() bool {
		b, err := h.get(playlist)
		return err == nil && strings.Count(string(b), "#EXTINF") >= 3
	}); err != nil {
		return nil, err
	}
	m := &mass{empty: resident(h.cmd.Process.Pid)}
	each := perAddress
	if h.cookie != "" {
		each = o.held // a session is good for one address
	}
	crowd, err := gather(h.http, o.held, each)
	defer crowd.leave()
	if err != nil {
		return nil, err
	}
	for again := 0; len(m.p99) < heldRounds; {
		err := m.round(ctx, h, playlist, crowd)
		if again++; errors.Is(err, errSlow) && again < 3*heldRounds { // the machine has other work
			time.Sleep(settle)
			crowd.look()
			continue
		}
		if err != nil {
			return nil, err
		}
	}
	return m, nil
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
	before := spent(h.cmd.Process.Pid)
	if err := crowd.ask(h, path); err != nil {
		return err
	}
	select {
	case <-answered:
		return errSlow
	case <-time.After(200 * time.Millisecond): // the last are taken in
	}
	m.full = max(m.full, resident(h.cmd.Process.Pid))
	m.taken = append(m.taken, spent(h.cmd.Process.Pid)-before)
	before = spent(h.cmd.Process.Pid)
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
	return m.look(crowd)
}

// look notes when everybody was answered.
func (m *mass) look(crowd crowd) error {
	at, longest, missing := crowd.look()
	m.unanswered += missing
	if len(at) == 0 {
		return errors.New("nobody was answered")
	}
	m.size = longest
	least := slices.MinFunc(at, time.Time.Compare)
	var delays []time.Duration
	for _, t := range at {
		delays = append(delays, t.Sub(least))
	}
	slices.Sort(delays)
	m.delays, m.p99 = append(m.delays, delays...), append(m.p99, share(delays, 0.99))
	return nil
}

// share is what so many of the sorted are at most.
func share(sorted []time.Duration, of float64) time.Duration {
	return sorted[int(of*float64(len(sorted)-1))]
}

func (m *mass) report(name string, n int, kernel *mass) {
	d := slices.Sorted(slices.Values(m.delays))
	each := func(costs []time.Duration) float64 {
		return float64(slices.Sorted(slices.Values(costs))[len(costs)/2].Microseconds()) / float64(n)
	}
	fmt.Printf("%-12s %10.0f %12.1f %13.1f %13.1f %9.1f %9.1f %15.1f %9.1f %11d %17.1f\n", name, float64(m.full)/1e6, float64(m.full-m.empty)/float64(n)/1000,
		each(m.taken), each(m.costs), ms(share(d, 0.5)), ms(share(d, 0.99)), ms(slices.Min(m.p99)), ms(share(d, 1)), m.unanswered,
		ms(slices.Min(m.p99))/ms(slices.Min(kernel.p99)))
}

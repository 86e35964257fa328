package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"time"

	"shoal/bench/conform/rules"
)

const (
	// latesMax bounds the parts, and the segments, of a rendition that are asked for again when they have left the playlist.
	latesMax = 12
	// waitingMax bounds the resources of a rendition that are to be fetched: more than any playlist names.
	waitingMax = 20_000
	// early is how long before the end of its time something is asked for a last time.
	early = 400 * time.Millisecond
	// failuresMax is how many playlists in a row may fail before the reading ends.
	failuresMax = 5
)

// follower reads one media playlist, and what it names.
type follower struct {
	*rules.Rendition
	reader *reader
	until  time.Time

	known   rules.Listing // of the newest playlist
	waiting chan string   // addresses to fetch
	asked   map[string]bool
	parts   int // lates of each kind
	whole   int

	mu   sync.Mutex // guards Hints and Lates, which others append to
	side sync.WaitGroup
}

func newFollower(r *reader, address string, until time.Time) *follower {
	return &follower{Rendition: &rules.Rendition{URL: address}, reader: r, until: until, waiting: make(chan string, waitingMax), asked: map[string]bool{}}
}

// run reads until its time is over, or the stream.
func (f *follower) run(ctx context.Context) error {
	var fetched sync.WaitGroup
	fetched.Go(func() {
		for address := range f.waiting {
			f.reader.fetch(ctx, address)
		}
	})
	err := f.follow(ctx)
	close(f.waiting)
	fetched.Wait()
	f.side.Wait()
	return err
}

func (f *follower) follow(ctx context.Context) error {
	failures := 0
	for n := 0; ; n++ {
		load := rules.Load{Part: -1}
		if n > 0 {
			if !f.known.Blocks {
				rest(ctx, min(time.Duration(f.known.Target*float64(time.Second))/2, time.Until(f.until)))
			}
			load.Blocking, load.MSN, load.Part = f.known.Blocks, f.known.NextMSN, f.known.NextPart
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := f.load(ctx, load); err != nil {
			return err
		}
		if failures++; f.Loads[len(f.Loads)-1].Status == http.StatusOK {
			failures = 0
		}
		if failures == failuresMax {
			return fmt.Errorf("%s answered %d five times", f.URL, f.Loads[len(f.Loads)-1].Status)
		}
		const settled = 3
		if n == settled && !f.known.Ended {
			f.side.Go(func() { f.probe(ctx, f.known) })
		}
		if f.known.Ended {
			return f.finish(ctx)
		}
		if n > 0 && time.Now().After(f.until) {
			return nil
		}
	}
}

// load asks for the playlist, for its delta update and for the part that it hinted at, all at once, and notes what is new.
func (f *follower) load(ctx context.Context, load rules.Load) error {
	query := ""
	if load.Blocking {
		query = fmt.Sprintf("_HLS_msn=%d", load.MSN)
		if load.Part >= 0 {
			query += fmt.Sprintf("&_HLS_part=%d", load.Part)
		}
	}
	var together sync.WaitGroup
	delta := rules.Delta{Load: load, Full: len(f.Loads)}
	if f.known.Skips {
		together.Go(func() {
			if a, err := f.reader.get(ctx, f.with(join(query, "_HLS_skip=YES")), ""); err == nil {
				delta.Answer = a
			}
		})
	}
	if f.known.Hint != "" && !f.asked[f.known.Hint] {
		hint, at := f.known.Hint, len(f.Loads)-1
		f.asked[hint] = true
		f.side.Go(func() {
			if a, err := f.reader.get(ctx, hint, ""); err == nil {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.Hints = append(f.Hints, rules.Hinted{Answer: a, Load: at})
			}
		})
	}
	a, err := f.reader.get(ctx, f.with(query), "")
	together.Wait()
	if err != nil {
		return err
	}
	load.Answer = a
	f.Loads = append(f.Loads, load)
	if delta.Status != 0 {
		f.Deltas = append(f.Deltas, delta)
	}
	if a.Status == http.StatusOK {
		f.learn(ctx, rules.List(a.Body, f.URL))
	}
	return nil
}

// learn asks for what a playlist newly names, and later for what it does not name any more.
func (f *follower) learn(ctx context.Context, now rules.Listing) {
	for _, address := range now.All() {
		select {
		case f.waiting <- address:
		default: // a playlist that names more than any should
		}
	}
	target := time.Duration(now.Target * float64(time.Second))
	for _, address := range f.known.PartsGone(now) {
		if f.parts++; f.parts <= latesMax {
			f.late(ctx, address, false, 3*target-early)
		}
	}
	for address, lasts := range f.known.SegmentsGone(now) {
		if f.whole++; f.whole <= latesMax {
			f.late(ctx, address, true, max(0, time.Duration(lasts*float64(time.Second))-early))
		}
	}
	f.known = now
}

func (f *follower) late(ctx context.Context, address string, segment bool, after time.Duration) {
	f.side.Go(func() {
		gone := time.Now()
		rest(ctx, after)
		if a, err := f.reader.get(ctx, address, ""); err == nil {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.Lates = append(f.Lates, rules.Late{Answer: a, Segment: segment, Gone: a.Sent.Sub(gone)})
		}
	})
}

// finish reads a playlist that has ended once more, and with directives, which it has to ignore.
func (f *follower) finish(ctx context.Context) error {
	if err := f.load(ctx, rules.Load{Part: -1}); err != nil {
		return err
	}
	load := rules.Load{Blocking: true, MSN: f.known.NextMSN, Part: 0}
	f.ask(ctx, rules.AtTheEnd, load, f.with(fmt.Sprintf("_HLS_msn=%d&_HLS_part=0&_HLS_skip=YES", load.MSN)), "")
	return nil
}

// number is the last number of an address.
var number = regexp.MustCompile(`\d+(\D*)$`)

// probe asks for what has one right answer.
func (f *follower) probe(ctx context.Context, known rules.Listing) {
	if known.Blocks {
		last := known.LastMSN
		f.ask(ctx, rules.PartWithoutMSN, rules.Load{}, f.with("_HLS_part=0"), "")
		f.ask(ctx, rules.TooFar, rules.Load{MSN: last + 3}, f.with(fmt.Sprintf("_HLS_msn=%d", last+3)), "")
		if known.LastPart >= 0 {
			const far = 60 // parts: thirty seconds, and more than any limit
			f.ask(ctx, rules.PartTooFar, rules.Load{MSN: last + 1, Part: far}, f.with(fmt.Sprintf("_HLS_msn=%d&_HLS_part=%d", last+1, far)), "")
		}
		if known.FirstMSN > 0 {
			f.ask(ctx, rules.LongGone, rules.Load{MSN: known.FirstMSN - 1}, f.with(fmt.Sprintf("_HLS_msn=%d", known.FirstMSN-1)), "")
		}
		if known.Beyond >= 0 {
			f.ask(ctx, rules.BeyondLast, rules.Load{MSN: known.BeyondMSN, Part: known.Beyond},
				f.with(fmt.Sprintf("_HLS_msn=%d&_HLS_part=%d", known.BeyondMSN, known.Beyond)), "")
		}
	}
	if known.Hint != "" {
		unknown := number.ReplaceAllStringFunc(known.Hint, func(text string) string {
			digits := number.FindStringSubmatch(text)
			n, err := strconv.ParseUint(text[:len(text)-len(digits[1])], 10, 63)
			if err != nil {
				return text
			}
			const beyond = 1000
			return strconv.FormatUint(n+beyond, 10) + digits[1]
		})
		if unknown != known.Hint {
			f.ask(ctx, rules.Unknown, rules.Load{}, unknown, "")
		}
	}
	if all := known.All(); len(all) > 0 {
		f.ask(ctx, rules.Range, rules.Load{}, all[len(all)-1], "bytes=0-99")
	}
}

func (f *follower) ask(ctx context.Context, kind rules.Kind, load rules.Load, address, span string) {
	a, err := f.reader.get(ctx, address, span)
	if err != nil && ctx.Err() != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Probes = append(f.Probes, rules.Probe{Answer: a, Kind: kind, Load: load})
}

// with adds a query to the playlist's address. Directives stand in the order of their names (6.3.2).
func (f *follower) with(query string) string {
	u, err := url.Parse(f.URL)
	if err != nil || query == "" {
		return f.URL
	}
	u.RawQuery = join(query, u.RawQuery)
	return u.String()
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "&" + b
}

// rest waits, or until ctx is done.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(max(0, d))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

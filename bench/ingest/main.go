package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "ingest:", err)
		os.Exit(1)
	}
}

// spoken are the protocols: what ffmpeg speaks, and WHIP, which GStreamer does, and Chromium.
var spoken = []string{"rtmp", "rtmps", "srt", whip, whipChromium}

const (
	whip         = "whip"
	whipChromium = "whip-chromium"
)

func overWHIP(protocol string) bool { return protocol == whip || protocol == whipChromium }

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("ingest", flag.ContinueOnError)
	program := flags.String("shoal", "bin/shoal", "the program that serves")
	times := flags.Int("n", 100, "`publications` over each protocol")
	publishers := flags.Int("publishers", 25, "`kills` of a publisher, in turn over each protocol")
	servers := flags.Int("servers", 25, "`kills` of the server, with a publisher of each protocol")
	keys := flags.Int("keys", 34, "stream `keys` replaced over each protocol while somebody publishes")
	only := flags.String("only", strings.Join(spoken, ","), "`protocols`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	protocols := strings.Split(*only, ",")
	if n := slices.IndexFunc(protocols, func(p string) bool { return !slices.Contains(spoken, p) }); n >= 0 {
		return fmt.Errorf("there is no protocol %q: %s", protocols[n], strings.Join(spoken, ", "))
	}
	if slices.Contains(protocols, whip) && !outside() {
		fmt.Println("this machine has no network but itself, which GStreamer leaves out: it publishes nothing")
		protocols = slices.DeleteFunc(protocols, func(p string) bool { return p == whip })
	}
	h, err := newHouse(*program, protocols)
	if err != nil {
		return err
	}
	defer h.close()
	if err := h.start(ctx); err != nil {
		return err
	}
	t := &table{}
	began := time.Now()
	var wait sync.WaitGroup
	for _, p := range protocols {
		wait.Go(func() {
			h.publications(ctx, t, p, *times)
			h.replaceKeys(ctx, t, p, *keys)
		})
	}
	wait.Wait()
	for n := range *publishers {
		h.killPublisher(ctx, t, protocols[n%len(protocols)], protocols[(n/len(protocols)+n)%len(protocols)])
	}
	h.killServers(ctx, t, protocols, *servers)
	fmt.Printf("%s\nin %v\n", t, time.Since(began).Round(time.Second))
	if ctx.Err() != nil {
		return errors.New("it was interrupted")
	}
	if n := t.failed(); n > 0 {
		return fmt.Errorf("%d failed", n)
	}
	return nil
}

// table counts, by what was tried.
type table struct {
	mu   sync.Mutex
	rows []*row
}

type row struct {
	what    string
	took    []time.Duration // of those that worked
	failing []error
}

func (t *table) note(what string, took time.Duration, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := slices.IndexFunc(t.rows, func(r *row) bool { return r.what == what })
	if at < 0 {
		at = len(t.rows)
		t.rows = append(t.rows, &row{what: what})
	}
	r := t.rows[at]
	if err != nil {
		r.failing = append(r.failing, err)
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		return
	}
	r.took = append(r.took, took)
}

func (t *table) failed() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.rows {
		n += len(r.failing)
	}
	return n
}

// String is the table: times are from the start of the encoder, or from the kill, to a picture that was decoded, and
// from the new key to the encoder's end.
func (t *table) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.SortFunc(t.rows, func(a, b *row) int { return strings.Compare(a.what, b.what) })
	var b strings.Builder
	fmt.Fprintf(&b, "%-52s %6s %7s %9s %9s\n", "", "tried", "failed", "median s", "most s")
	for _, r := range t.rows {
		slices.Sort(r.took)
		median, most := "-", "-"
		if n := len(r.took); n > 0 {
			median, most = fmt.Sprintf("%.1f", r.took[n/2].Seconds()), fmt.Sprintf("%.1f", r.took[n-1].Seconds())
		}
		fmt.Fprintf(&b, "%-52s %6d %7d %9s %9s\n", r.what, len(r.took)+len(r.failing), len(r.failing), median, most)
	}
	return b.String()
}

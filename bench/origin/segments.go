package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// files are what a playlist of Shoal's names, as addresses from the root.
type files struct{ whole, parts []string }

var (
	segmentOf = regexp.MustCompile(`(?m)^([^#\s]\S*\.m4s)$`)
	partOf    = regexp.MustCompile(`EXT-X-PART:.*URI="([^"]+)"`)
)

// mirror fetches the newest segments and parts of a server and puts the same bytes where nginx serves them.
func mirror(h *house, root string) (f files, err error) {
	playlist, err := h.get("/hls/" + channel + "/0.m3u8")
	if err != nil {
		return f, err
	}
	newest := func(pattern *regexp.Regexp, most int) (paths []string, err error) {
		for _, found := range slices.Backward(pattern.FindAllSubmatch(playlist, -1)) {
			if len(paths) == most {
				break
			}
			path := "/hls/" + channel + "/" + string(found[1])
			b, err := h.get(path)
			if err != nil {
				return nil, err
			}
			file := filepath.Join(root, path)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				return nil, err
			}
			if err := os.WriteFile(file, b, 0o644); err != nil {
				return nil, err
			}
			paths = append(paths, path)
		}
		return paths, nil
	}
	if f.whole, err = newest(segmentOf, 4); err != nil {
		return f, err
	}
	f.parts, err = newest(partOf, 8)
	return f, err
}

// segments measures what the same bytes cost at each server, in rounds that take turns.
func segments(ctx context.Context, o options, dir, clip string) error {
	s, err := shoal(ctx, o, dir)
	defer s.close()
	if err != nil {
		return err
	}
	if err := s.publish(clip); err != nil {
		return err
	}
	fast, err := nginx(dir, true)
	defer fast.close()
	if err != nil {
		return err
	}
	plain, err := nginx(dir, false)
	defer plain.close()
	if err != nil {
		return err
	}
	var f files
	if err := until(ctx, "segments", func() bool {
		f, err = mirror(s, filepath.Join(dir, "www"))
		return err == nil && len(f.whole) == 4 && len(f.parts) > 1
	}); err != nil {
		return err
	}
	servers := []*house{s, fast, plain}
	for _, h := range servers {
		if err := h.answers(ctx, f.whole[0]); err != nil {
			return err
		}
	}
	own := func() time.Duration { return alone(os.Getpid()) }
	for _, kind := range []string{"segments of 2 s", "parts of 0.5 s"} {
		all := make([][]load, len(servers))
		for round := range o.rounds {
			if f, err = mirror(s, filepath.Join(dir, "www")); err != nil {
				return err
			}
			paths := f.whole
			if kind != "segments of 2 s" {
				paths = f.parts
			}
			for i := range servers {
				i = (i + round) % len(servers)
				l, err := ask(ctx, servers[i], paths, o.each, own)
				if err != nil {
					return err
				}
				all[i] = append(all[i], l)
			}
		}
		report(kind, servers, all)
	}
	return nil
}

// report prints medians over the rounds; ratios are of the rounds' pairs, to the first server's.
func report(kind string, servers []*house, all [][]load) {
	fmt.Printf("\n%s, %d connections, medians of %d rounds that took turns (cost: the server's processor time; times nginx: of the same round)\n",
		kind, connections, len(all[0]))
	fmt.Printf("%-12s %11s %9s %13s %13s %15s %12s %13s\n", "", "requests/s", "MB/s", "us a request", "s a GB", "requests/core s", "times nginx", "asker us")
	for i, h := range servers {
		col := func(of func(load) float64) float64 {
			var v []float64
			for _, l := range all[i] {
				v = append(v, of(l))
			}
			return median(v)
		}
		perGB := func(l load) float64 { return l.cost.Seconds() / float64(l.bytes) * 1e9 }
		var ratios []float64
		for round, l := range all[i] {
			ratios = append(ratios, perGB(l)/perGB(all[1][round]))
		}
		fmt.Printf("%-12s %11.0f %9.0f %13.1f %13.3f %15.0f %12.2f %13.1f\n", h.name,
			col(func(l load) float64 { return float64(l.requests) / l.took.Seconds() }),
			col(func(l load) float64 { return float64(l.bytes) / 1e6 / l.took.Seconds() }),
			col(func(l load) float64 { return float64(l.cost.Microseconds()) / float64(l.requests) }),
			col(perGB),
			col(func(l load) float64 { return float64(l.requests) / l.cost.Seconds() }),
			median(ratios),
			col(func(l load) float64 { return float64(l.own.Microseconds()) / float64(l.requests) }))
	}
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "origin:", err)
		os.Exit(1)
	}
}

// options are what is measured, and how much of it.
type options struct {
	shoal, mediamtx string
	rounds          int
	each            time.Duration
	held            int
	parts           int
	profile         string
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == floorMode {
		return floor(args[1:])
	}
	var o options
	flags := flag.NewFlagSet("origin", flag.ContinueOnError)
	flags.StringVar(&o.shoal, "shoal", "bin/shoal", "the `program` that is measured")
	flags.StringVar(&o.mediamtx, "mediamtx", ".cache/mediamtx", "MediaMTX, if it is there")
	flags.IntVar(&o.rounds, "rounds", 5, "`rounds` of segments for each server")
	flags.DurationVar(&o.each, "each", 2*time.Second, "how `long` a round is")
	flags.IntVar(&o.held, "held", 20_000, "`reloads` held at once")
	flags.IntVar(&o.parts, "parts", 60, "`parts` timed for each protocol")
	what := flags.String("only", "segments,held,arrival", "what is measured")
	if err := flags.Parse(args); err != nil {
		return err
	}
	only := strings.Split(*what, ",")
	dir, err := os.MkdirTemp("", "shoal-origin-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary directory
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	clip, err := encode(ctx, dir)
	if err != nil {
		return err
	}
	var failed error
	for _, name := range only {
		measure, known := map[string]func(context.Context, options, string, string) error{
			"segments": segments, "held": held, "arrival": arrival,
		}[name]
		if !known {
			return fmt.Errorf("-only %s: segments, held and arrival can be measured", name)
		}
		if err := measure(ctx, o, dir, clip); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(failed, ctx.Err())
}

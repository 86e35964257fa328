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
	"time"
)

// stage is what proofs share.
type stage struct {
	program string
	dir     string
	rate    float64       // of the stream, bytes per second
	away    time.Duration // of the tracker
	span    time.Duration // that is measured
}

// proof prints figures and says whether they keep what is promised.
type proof struct {
	name, what string
	run        func(context.Context, *stage) (kept bool, err error)
}

var proofs = [...]proof{
	{"chain", "a chain of four viewers", chain},
	{"orphans", "the tracker is away", orphans},
	{"scarce", "uplinks of half the stream", scarce},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "failures:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("failures", flag.ContinueOnError)
	s := &stage{}
	flags.StringVar(&s.program, "shoal", "bin/shoal", "the program that serves")
	flags.Float64Var(&s.rate, "rate", 250_000, "of the stream, `bytes` per second")
	flags.DurationVar(&s.away, "away", time.Minute, "how long the tracker is away")
	flags.DurationVar(&s.span, "span", 30*time.Second, "how long is measured")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "failures [flags] [PROOF...]: chain, orphans, scarce; all without a name")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	var broken []string
	for _, p := range proofs {
		if flags.NArg() > 0 && !slices.Contains(flags.Args(), p.name) {
			continue
		}
		fmt.Printf("%s: %s\n", p.name, p.what)
		kept, err := s.perform(ctx, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if !kept {
			broken = append(broken, p.name)
		}
	}
	if len(broken) > 0 {
		return errors.New("short of what is promised: " + strings.Join(broken, ", "))
	}
	return nil
}

func (s *stage) perform(ctx context.Context, p proof) (bool, error) {
	dir, err := os.MkdirTemp("", "failures")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	here := *s
	here.dir = dir
	return p.run(ctx, &here)
}

// say prints a figure beside its promise.
func say(what string, got, limit float64, unit string, kept bool) bool {
	verdict := "kept"
	if !kept {
		verdict = "NOT KEPT"
	}
	fmt.Printf("  %-62s %8.2f %s (promised: %.2f; %s)\n", what, got, unit, limit, verdict)
	return kept
}

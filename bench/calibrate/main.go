package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"shoal/sim"
)

//go:embed scenario.txt
var scenario string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "calibrate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("calibrate", flag.ContinueOnError)
	program := flags.String("shoal", "bin/shoal", "the program that serves")
	times := flags.Int("real", 1, "`runs` with real peers; they take two minutes each")
	seeds := flags.Int("seeds", 10, "`runs` in sim")
	set := flags.String("set", "", "changes to the scenario, with ; between, such as 'peers 20; rate 50000'")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s, err := sim.Parse("calibration", scenario)
	if err != nil {
		return err
	}
	for _, line := range strings.Split(*set, ";") {
		if strings.TrimSpace(line) != "" {
			if err := s.Set(line); err != nil {
				return err
			}
		}
	}
	if err := s.Check(); err != nil {
		return err
	}
	log := func(form string, a ...any) {
		fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05 ")+form+"\n", a...)
	}
	fmt.Println(s.Line())
	var real, made []*figures
	for range *times {
		f, err := realRun(ctx, *program, s, log)
		if err != nil {
			return err
		}
		real = append(real, f)
		describe(os.Stdout, f, s.Uplinks)
	}
	for seed := range uint64(*seeds) {
		f, err := imagine(s, seed+1)
		if err != nil {
			return err
		}
		made = append(made, f)
	}
	if !compare(os.Stdout, s, real, made) {
		return errors.New("the simulation is farther from the real thing than it may be")
	}
	return nil
}

func realRun(ctx context.Context, program string, s sim.Scenario, log func(string, ...any)) (*figures, error) {
	dir, remove, err := temporary()
	if err != nil {
		return nil, err
	}
	defer remove()
	return perform(ctx, program, dir, s, log)
}

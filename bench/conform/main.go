package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"shoal/bench/conform/rules"
)

func main() {
	lasts := flag.Duration("for", 20*time.Second, "how long a live stream is read")
	strict := flag.Bool("strict", false, "what is only advised counts, too")
	program := flag.String("shoal", "", "read streams of this shoal program, which is started, instead of a URL")
	ladder := flag.String("ladder", "108p@200", "with -shoal: the rungs that it makes; off for none")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "go run ./bench/conform [flags] URL...\nreads HLS streams and says rule by rule what is right with them; exit code 1 if something is not\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	if *program == "" && flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	broken, err := 0, error(nil)
	if *program != "" {
		broken, err = judgeHouse(ctx, *program, *ladder, *lasts, *strict)
	} else {
		broken, err = judgeAll(ctx, flag.Args(), *lasts, *strict)
	}
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "conform:", err)
		os.Exit(2)
	case broken > 0:
		os.Exit(1)
	}
}

func judgeAll(ctx context.Context, addresses []string, lasts time.Duration, strict bool) (broken int, err error) {
	for _, address := range addresses {
		n, err := judge(ctx, address, address, lasts, strict, nil)
		if err != nil {
			return broken, err
		}
		broken += n
	}
	return broken, nil
}

// judge reads one stream and reports on it.
func judge(ctx context.Context, title, address string, lasts time.Duration, strict bool, needed []string) (int, error) {
	stream, err := newReader(lasts).read(ctx, address)
	if err != nil {
		return 0, err
	}
	return report(os.Stdout, title, rules.Judge(stream), strict, needed), nil
}

package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"shoal/peer/hostile"
)

func main() {
	server := flag.String("url", "http://127.0.0.1:8080", "the server")
	channel := flag.String("channel", "demo", "the channel's name")
	mode := flag.String("mode", string(hostile.Alter), "alter, swap, phantom, forge, flood or garbage")
	seconds := flag.Int("seconds", 0, "stop after so long; 0 means at an interrupt")
	asJSON := flag.Bool("json", false, "print the counts as JSON")
	verbose := flag.Bool("verbose", false, "log to standard error")
	flag.Parse()
	config := hostile.Config{Watch: strings.TrimSuffix(*server, "/") + "/c/" + *channel}
	var err error
	if config.Mode, err = hostile.ParseMode(*mode); err != nil {
		fail(err)
	}
	if *verbose {
		config.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *seconds > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(*seconds)*time.Second)
		defer cancel()
	}
	peer := hostile.New(config)
	if err := peer.Run(ctx); err != nil {
		fail(err)
	}
	c := peer.Counts()
	if *asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(c); err != nil {
			fail(err)
		}
		return
	}
	fmt.Printf("%d links, %d messages sent, %d of them false, dropped by %d\n", c.Linked, c.Sent, c.Altered, c.DroppedBy)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "hostile:", err)
	os.Exit(1)
}

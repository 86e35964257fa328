package swarmtest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"shoal/segment"
	"shoal/span"
	"shoal/swarm"
)

// Run plays a scenario: one command a line, # begins a comment. It returns what came of it, and every broken rule.
//
//	link|origin|tracker|latency DURATION   how long things take (one way, a request, a record, behind live)
//	uplink BYTES                           per second, for those who join later
//	join NAME...                           peers come, in this order, and are introduced
//	seed NAME FROM-TO                      the coordinator gives a peer these stripes
//	habit NAME alter|drop|mute             how a peer misbehaves: alters, withholds, says nothing
//	follow NAME TRACK...                   what its player plays from now on, instead of all
//	live DURATION every DURATION pieces N  a part of track 0 each EVERY, told by the tracker
//	recording DURATION every DURATION pieces N   the channel is a recording of that: nothing is live, nobody seeds
//	play NAME PLACE                        a peer comes and plays the recording from there
//	seek NAME PLACE                        it goes elsewhere
//	run DURATION                           time passes
//	leave NAME                             without a word
//	unlink NAME NAME                       the connection breaks
//	tracker dead|alive
//	trace on|off                           every message is written down
//	record                                 those who join later keep a tape
//	report                                 what each peer got, from whom
func Run(script string) (came string, world *World, err error) {
	w := NewWorld()
	var b strings.Builder
	for number, line := range strings.Split(script, "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if err := w.command(words, &b); err != nil {
			return "", nil, fmt.Errorf("line %d: %s: %w", number+1, line, err)
		}
	}
	for _, p := range w.problems {
		fmt.Fprintln(&b, "BROKEN", p)
	}
	return b.String(), w, nil
}

// Problems returns every broken rule.
func (w *World) Problems() []string { return w.problems }

// Nodes returns the peers in the order in which they joined.
func (w *World) Nodes() []*Node { return w.nodes }

func (w *World) command(words []string, b *strings.Builder) error {
	name, args := words[0], words[1:]
	switch name {
	case "link", "origin", "latency":
		return w.delay(name, args)
	case "tracker":
		if len(args) == 1 && (args[0] == "dead" || args[0] == "alive") {
			w.Tracks(args[0] == "alive")
			return nil
		}
		return w.delay(name, args)
	case "uplink":
		n, err := strconv.Atoi(args[0])
		w.Uplink = n
		return err
	case "join":
		for _, peer := range args {
			w.Join(peer)
			w.run(w.now + span.Millisecond)
		}
	case "seed":
		from, to, _ := strings.Cut(args[1], "-")
		lo, err := strconv.Atoi(from)
		if err != nil {
			return err
		}
		hi, err := strconv.Atoi(to)
		if err != nil {
			return err
		}
		w.Seed(args[0], lo, hi)
	case "habit":
		w.find(args[0]).habit = args[1]
	case "follow":
		return w.follow(args[0], args[1:])
	case "live":
		return w.live(args)
	case "recording":
		return w.recording(args)
	case "play":
		return w.play(args)
	case "seek":
		place, err := duration(args[1])
		w.find(args[0]).player.open(place)
		return err
	case "run":
		d, err := duration(args[0])
		w.run(w.now + d)
		return err
	case "leave":
		w.Leave(args[0])
	case "unlink":
		x, y := w.find(args[0]), w.find(args[1])
		w.unlink(x, y)
		x.step(swarm.PeerDown{Peer: y.id})
		y.step(swarm.PeerDown{Peer: x.id})
	case "trace":
		w.trace = func(string) {}
		if args[0] == "on" {
			w.trace = func(line string) { fmt.Fprintf(b, "%7.3f %s\n", float64(w.now)/float64(span.Second), line) }
		}
	case "record":
		w.Record = true
	case "report":
		w.report(b)
	default:
		return fmt.Errorf("no such command")
	}
	return nil
}

func (w *World) delay(name string, args []string) error {
	d, err := duration(args[0])
	switch name {
	case "link":
		w.Link = d
	case "origin":
		w.Origin = d
	case "tracker":
		w.Tracker = d
	case "latency":
		w.Latency = d
	}
	return err
}

func duration(s string) (span.Span, error) {
	d, err := time.ParseDuration(s)
	return span.Span(d), err
}

func (w *World) follow(name string, numbers []string) error {
	var tracks segment.Tracks
	for _, number := range numbers {
		t, err := strconv.Atoi(number)
		if err != nil || t >= segment.TracksMax {
			return fmt.Errorf("%q is no track", number)
		}
		tracks |= 1 << t
	}
	w.find(name).player.follow(tracks)
	return nil
}

// live publishes: DURATION every DURATION pieces N [track T].
func (w *World) live(args []string) error {
	total, err := duration(args[0])
	if err != nil {
		return err
	}
	every, err := duration(args[2])
	if err != nil {
		return err
	}
	pieces, err := strconv.Atoi(args[4])
	if err != nil {
		return err
	}
	track := segment.Track(0)
	if len(args) == 7 {
		n, err := strconv.Atoi(args[6])
		if err != nil {
			return err
		}
		track = segment.Track(n)
	}
	for at := every; at <= total; at += every {
		w.after(at, func() { w.Publish(track, every, pieces) })
	}
	return nil
}

// report writes a line a peer.
func (w *World) report(b *strings.Builder) {
	for _, n := range w.nodes {
		o := n.body
		fmt.Fprintf(b, "%-4s played %3d late %d  from peers %4d origin %4d  sent %4d  refused %d twice %d rescues %d records %d+%d\n",
			n.Name, n.player.played, n.player.late, o.fromPeers, o.fromOrigin, o.sent, o.refused, o.duplicate, o.rescues, o.told, o.asked)
	}
}

package sim

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"shoal/span"
)

// setting is one word of the scenario language.
type setting struct {
	word  string
	means string
	read  func(string) error
	write func() string
}

// words lists the settings in the order in which a person would look for them.
func (s *Scenario) words() []setting {
	return []setting{
		whole("peers", &s.Peers, "viewers at the beginning; who leaves is replaced within 2 s"),
		number("rate", &s.Rate, "of the stream, bytes per second"),
		numbers("ladder", &s.Ladder, "renditions as multiples of the rate, ascending; each viewer plays the highest that takes 0.8 of its downlink"),
		length("part", &s.Part, "a part's duration"),
		number("key", &s.Key, "how much larger a part with a key frame is than the mean: 1.8 is what x264 does at a constant rate"),
		number("uneven", &s.Uneven, "by how much of its size any part is off, at most"),
		length("budget", &s.Budget, "from a part's publication to when everyone plays it"),
		length("stay", &s.Stay, "how long viewers stay, mean of an exponential distribution; 0s is for ever"),
		number("abrupt", &s.Abrupt, "share of leavers who say nothing: neighbours notice 2 to 4 s later"),
		text("join-at", &s.JoinAt, "where a newcomer begins: at any part, or at the key frame before (key)"),
		length("settle", &s.Settle, "how long a newcomer shows its first frame, at least, before its picture moves, in step with everyone"),
		length("warm", &s.Warm, "before measuring begins"),
		length("measure", &s.Measure, "how long to measure"),

		whole("crowd", &s.Crowd, "viewers who come besides, and are not replaced"),
		length("crowd-at", &s.CrowdAt, "when the first of them comes"),
		length("crowd-in", &s.CrowdIn, "how long it takes until all of them have come"),

		classes("uplinks", &s.Uplinks, "shares of viewers and their uplinks as multiples of the rate"),
		number("swing", &s.Swing, "each uplink changes by up to this share every 5 s"),
		number("down", &s.Down, "downlinks, as a multiple of the rate"),
		classes("downlinks", &s.Downs, "instead, shares of viewers and their downlinks as multiples of the rate"),
		length("down-buffer", &s.DownBuffer, "what waits before a downlink until senders notice, as congestion control would have it; 0s is without end"),
		number("fickle", &s.Fickle, "share of viewers whose downlink is drawn anew about every minute, so that they change renditions"),
		number("up-cap", &s.UpCap, "what a viewer lets be sent, as a multiple of the rate"),

		lengths("rtt", &s.RTT, "between two viewers, from nearest to farthest"),
		nats("nat", &s.NAT, "shares of viewers and what they are behind: cone, restricted, symmetric, blocked"),
		number("unreachable", &s.Unreachable, "share of pairs that cannot connect, instead of what nat says; -1 leaves it to nat"),
		number("loss", &s.Loss, "share of packets that a lossy line loses"),
		number("lossy", &s.Lossy, "share of viewers who have a lossy line, if there is loss"),
		length("bloat", &s.Bloat, "what a modem buffers before its sender notices"),
		text("transport", &s.Transport, "what carries messages: nothing that counts (fluid), or SCTP with its window and acknowledgements, as browser or pion"),

		lengths("origin-rtt", &s.OriginRTT, "between viewer and origin, from nearest to farthest"),
		number("origin-rate", &s.OriginRate, "of the origin to one viewer, as a multiple of the rate"),
		number("origin-total", &s.OriginTotal, "of the origin to all viewers, as a multiple of the rate; 0 is without end"),
		number("slow-tail", &s.SlowTail, "share of the origin's answers that come late"),
		length("slow-by", &s.SlowBy, "how late, mean of an exponential distribution"),

		length("recorded", &s.Recorded, "how long the recording is that everyone plays, each another place of it; 0s is a live channel"),
		text("start-at", &s.StartAt, "where those who are there at the beginning play: any place, or the begin; who comes later begins there"),
		length("seek-every", &s.SeekEvery, "how often a viewer goes to any other place, mean of an exponential distribution; 0s is never"),
		number("memory", &s.Memory, "what a viewer holds of a recording, bytes"),

		length("outage-at", &s.OutageAt, "when the tracker ends and forgets"),
		length("outage-for", &s.OutageFor, "how long it is away; 0s is never"),

		number("hidden", &s.Hidden, "share of viewers whose tab is out of sight half of the time, a minute each: timers once a second, no upload"),
		number("sleepers", &s.Sleepers, "share of viewers who close their laptop once"),
		length("sleep-for", &s.SleepFor, "for how long"),

		number("free-riders", &s.FreeRiders, "share of viewers who set their upload to nothing"),
		number("polluters", &s.Polluters, "share who alter what they send"),
		number("stallers", &s.Stallers, "share who announce, promise, and do not send"),
		number("delayers", &s.Delayers, "share who send, but too late"),
		length("delay-by", &s.DelayBy, "how much too late"),
		number("liars", &s.Liars, "share who announce what they do not have, and hide that they cannot deliver"),
		number("sybils", &s.Sybils, "share who are one staller under many names, from few networks"),
		whole("sybil-nets", &s.SybilNets, "how few"),
		whole("per-network", &s.PerNetwork, "viewers of one network, who come one after the other and are 2 ms apart; 0 or 1: each has its own"),
	}
}

// Word is a setting as people read it.
type Word struct{ Word, Value, Means string }

// Words returns the scenario's settings.
func (s Scenario) Words() (all []Word) {
	for _, w := range s.words() {
		all = append(all, Word{w.word, w.write(), w.means})
	}
	return all
}

// Line returns what sets the scenario apart from Everyday, with ; between: enough to run it again.
func (s Scenario) Line() string {
	var changed []string
	usual := Everyday().Words()
	for i, w := range s.Words() {
		if w.Value != usual[i].Value {
			changed = append(changed, w.Word+" "+w.Value)
		}
	}
	return strings.Join(changed, "; ")
}

func whole(word string, v *int, means string) setting {
	return setting{word, means,
		func(t string) (err error) { *v, err = strconv.Atoi(t); return err },
		func() string { return strconv.Itoa(*v) }}
}

func number(word string, v *float64, means string) setting {
	return setting{word, means,
		func(t string) (err error) { *v, err = strconv.ParseFloat(t, 64); return err },
		func() string { return plain(*v) }}
}

// numbers reads "0.33 0.67 1".
func numbers(word string, v *[]float64, means string) setting {
	return setting{word, means,
		func(t string) error {
			*v = nil
			for _, field := range strings.Fields(t) {
				x, err := strconv.ParseFloat(field, 64)
				if err != nil {
					return err
				}
				*v = append(*v, x)
			}
			return nil
		},
		func() string {
			var parts []string
			for _, x := range *v {
				parts = append(parts, plain(x))
			}
			return strings.Join(parts, " ")
		}}
}

func plain(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func text(word string, v *string, means string) setting {
	return setting{word, means, func(t string) error { *v = t; return nil }, func() string { return *v }}
}

func length(word string, v *span.Span, means string) setting {
	return setting{word, means,
		func(t string) error { return readSpan(v, t) },
		func() string { return time.Duration(*v).String() }}
}

func readSpan(v *span.Span, t string) error {
	d, err := time.ParseDuration(t)
	*v = span.Span(d)
	return err
}

// lengths reads "20ms-150ms".
func lengths(word string, v *[2]span.Span, means string) setting {
	return setting{word, means,
		func(t string) error {
			low, high, _ := strings.Cut(t, "-")
			if err := readSpan(&v[0], low); err != nil {
				return err
			}
			return readSpan(&v[1], high)
		},
		func() string { return time.Duration(v[0]).String() + "-" + time.Duration(v[1]).String() }}
}

// classes reads "0.4x0.5 0.4x1.5 0.2x4": shares and multiples.
func classes(word string, v *[]Class, means string) setting {
	return setting{word, means,
		func(t string) error {
			return shares(t, func(share float64, what string) error {
				up, err := strconv.ParseFloat(what, 64)
				*v = append(*v, Class{share, up})
				return err
			}, func() { *v = nil })
		},
		func() string {
			var parts []string
			for _, c := range *v {
				parts = append(parts, plain(c.Share)+"x"+plain(c.Up))
			}
			return strings.Join(parts, " ")
		}}
}

// nats reads "0.6xcone 0.2xrestricted 0.2xsymmetric".
func nats(word string, v *[]NATShare, means string) setting {
	return setting{word, means,
		func(t string) error {
			return shares(t, func(share float64, what string) error {
				for k, name := range natNames {
					if name == what {
						*v = append(*v, NATShare{share, nat(k)})
						return nil
					}
				}
				return fmt.Errorf("no kind of NAT is called %q", what)
			}, func() { *v = nil })
		},
		func() string {
			var parts []string
			for _, c := range *v {
				parts = append(parts, plain(c.Share)+"x"+natNames[c.Kind])
			}
			return strings.Join(parts, " ")
		}}
}

func shares(t string, each func(share float64, what string) error, begin func()) error {
	begin()
	for _, field := range strings.Fields(t) {
		first, what, ok := strings.Cut(field, "x")
		share, err := strconv.ParseFloat(first, 64)
		if !ok || err != nil {
			return fmt.Errorf("want SHARExWHAT, like 0.4x1.5 or 0.6xcone")
		}
		if err := each(share, what); err != nil {
			return err
		}
	}
	return nil
}

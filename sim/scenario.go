package sim

import (
	"fmt"
	"slices"
	"strings"

	"shoal/segment"
	"shoal/span"
)

// Scenario is what a run is made of. Its text form is one `word value` a line; # begins a comment. What each word means
// stands in settings.go.
type Scenario struct {
	Name    string
	Summary string // the comment on a file's first line

	Peers   int
	Rate    float64   // of the stream, bytes per second
	Ladder  []float64 // its renditions, as multiples of Rate, ascending
	Part    span.Span
	Key     float64
	Uneven  float64
	Budget  span.Span
	Stay    span.Span
	Abrupt  float64
	JoinAt  string
	Settle  span.Span
	Warm    span.Span
	Measure span.Span

	Crowd   int
	CrowdAt span.Span
	CrowdIn span.Span

	Uplinks    []Class
	Swing      float64
	Down       float64
	Downs      []Class // instead of Down, if there are any
	Fickle     float64
	DownBuffer span.Span
	UpCap      float64

	RTT         [2]span.Span
	NAT         []NATShare
	Unreachable float64
	Loss        float64
	Lossy       float64
	Bloat       span.Span
	Transport   string

	OriginRTT   [2]span.Span
	OriginRate  float64
	OriginTotal float64
	SlowTail    float64
	SlowBy      span.Span

	Recorded  span.Span
	StartAt   string
	SeekEvery span.Span
	Memory    float64

	OutageAt  span.Span
	OutageFor span.Span

	Hidden   float64
	Sleepers float64
	SleepFor span.Span

	FreeRiders float64
	Polluters  float64
	Stallers   float64
	Delayers   float64
	DelayBy    span.Span
	Liars      float64
	Sybils     float64
	SybilNets  int
	PerNetwork int
}

// Class is a kind of uplink, or of downlink.
type Class struct {
	Share float64
	Up    float64 // as a multiple of the stream's rate
}

// NATShare is how many viewers are behind a kind of NAT.
type NATShare struct {
	Share float64
	Kind  nat
}

// Everyday is the scenario that every file begins from: the one that the swarm was designed against (docs/swarm.md), with
// 3 Mbit/s, uplinks of 1.6 times the demand in all, and viewers who stay five minutes.
func Everyday() Scenario {
	const ms = span.Millisecond
	return Scenario{
		Peers: 100, Rate: 3_000_000 / 8, Ladder: []float64{1}, Part: 500 * ms, Budget: 4 * span.Second,
		Stay: 5 * span.Minute, Abrupt: 0.3, JoinAt: "any", Settle: span.Second, Warm: 20 * span.Second, Measure: 60 * span.Second,
		Uplinks: []Class{{0.4, 0.5}, {0.4, 1.5}, {0.2, 4}}, Swing: 0.2, Down: 6, UpCap: 4,
		RTT: [2]span.Span{20 * ms, 150 * ms}, NAT: []NATShare{{0.6, cone}, {0.2, restricted}, {0.2, symmetric}}, Unreachable: -1, Lossy: 1, Transport: "fluid", Key: 1.8, Uneven: 0.25,
		OriginRTT: [2]span.Span{48 * ms, 103 * ms}, OriginRate: 8, SlowTail: 0.01, SlowBy: 300 * ms,
		StartAt: "any", Memory: 96_000_000,
		SleepFor: 30 * span.Second, DelayBy: 3 * span.Second, SybilNets: 3,
	}
}

// Parse reads a scenario's text over Everyday.
func Parse(name, text string) (Scenario, error) {
	s := Everyday()
	s.Name = name
	if first, _, _ := strings.Cut(text, "\n"); strings.HasPrefix(first, "#") {
		s.Summary = strings.TrimSpace(first[1:])
	}
	for number, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if err := s.Set(line); err != nil {
			return s, fmt.Errorf("%s line %d: %w", name, number+1, err)
		}
	}
	return s, nil
}

// Set changes one setting: its word, a space, its value. An unknown word is an error that lists the known ones.
func (s *Scenario) Set(line string) error {
	word, value, _ := strings.Cut(strings.TrimSpace(line), " ")
	var known []string
	for _, w := range s.words() {
		if w.word == word {
			if err := w.read(strings.TrimSpace(value)); err != nil {
				return fmt.Errorf("%s %q: %w", word, value, err)
			}
			return nil
		}
		known = append(known, w.word)
	}
	return fmt.Errorf("no setting %q; there are: %s", word, strings.Join(known, " "))
}

// Check says what is wrong with a scenario that cannot be run.
func (s Scenario) Check() error {
	switch {
	case s.Peers < 0 || s.Crowd < 0 || s.Peers+s.Crowd == 0:
		return fmt.Errorf("nobody watches: set peers or crowd")
	case s.Part < 100*span.Millisecond || s.Part > 10*span.Second:
		return fmt.Errorf("part must be between 100ms and 10s")
	case s.Budget < 100*span.Millisecond || s.Measure < span.Second || s.Warm < 0:
		return fmt.Errorf("budget must be at least 100ms, measure at least 1s, warm not negative")
	case s.Rate < 10_000 || s.Rate > 5_000_000:
		return fmt.Errorf("rate must be between 10000 and 5000000 bytes per second")
	case len(s.Uplinks) == 0 || s.Down <= 0 || s.OriginRate <= 0 || s.UpCap < 0 || s.SybilNets < 1:
		return fmt.Errorf("uplinks, down, origin-rate and sybil-nets must be positive")
	case s.JoinAt != "any" && s.JoinAt != "key":
		return fmt.Errorf("join-at is any or key")
	}
	if s.Recorded != 0 {
		if err := s.checkRecorded(); err != nil {
			return err
		}
	}
	if _, ok := transportNamed(s.Transport); !ok {
		return fmt.Errorf("transport is fluid, browser or pion")
	}
	for _, c := range slices.Concat(s.Uplinks, s.Downs) {
		if c.Share < 0 || c.Up <= 0 {
			return fmt.Errorf("a class needs a share and a rate above 0; who sends nothing is a free rider")
		}
	}
	if len(s.Ladder) == 0 || len(s.Ladder) > segment.TracksMax || s.Ladder[0] < 0.05 || s.Ladder[len(s.Ladder)-1] > 4 || !slices.IsSorted(s.Ladder) {
		return fmt.Errorf("ladder holds 1 to %d rungs from 0.05 to 4, ascending", segment.TracksMax)
	}
	return nil
}

// Hostile returns the share of viewers from whom nothing good comes.
func (s Scenario) Hostile() float64 {
	return s.Polluters + s.Stallers + s.Delayers + s.Liars + s.Sybils
}

// Bound returns the fewest copies of each part that the origin can send, were all uplinks one fluid: demand less supply,
// and at least one of what is live (Kumar, Liu, Ross, INFOCOM 2007). Of several renditions it is the mean, by their bytes.
func (s Scenario) Bound() float64 {
	supply, shares := 0.0, 0.0
	for _, c := range s.Uplinks {
		supply += c.Share * min(c.Up, s.UpCap)
		shares += c.Share
	}
	supply *= (1 - s.FreeRiders - s.Hostile()) / shares
	least := 1.0
	if s.Recorded > 0 { // what viewers hold need not come again
		least = 0
	}
	demand, all := s.demand()
	return max(least, float64(s.Peers+s.Crowd)*(demand-supply)/all)
}

package sim

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"shoal/span"
)

func policy(t *testing.T, name string) Policy {
	t.Helper()
	for _, p := range Policies() {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no policy %s", name)
	return Policy{}
}

// everyday returns the everyday scenario, changed by settings with ; between.
func everyday(t *testing.T, settings string) Scenario {
	t.Helper()
	s := Everyday()
	s.Name = "everyday"
	change(t, &s, settings)
	return s
}

func change(t *testing.T, s *Scenario, settings string) {
	t.Helper()
	for _, line := range strings.Split(settings, ";") {
		if line = strings.TrimSpace(line); line != "" {
			if err := s.Set(line); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
}

// run runs a scenario and fails if a rule was broken.
func run(t *testing.T, s Scenario, p Policy, seed uint64) Result {
	t.Helper()
	n := New(s, p, seed)
	r := n.Run()
	for _, b := range n.Broken() {
		t.Errorf("%s\nkeep this in testdata/seeds.txt:\n%d %s # %s", b, seed, s.Line(), b)
	}
	return r
}

// TestSameSeed runs everything that can go wrong twice: not a byte may differ.
func TestSameSeed(t *testing.T) {
	for _, p := range Policies() {
		t.Run(p.Name, func(t *testing.T) {
			s := Chaos(7)
			change(t, &s, "peers 12; loss 0.01; bloat 50ms; hidden 0.3; sleepers 0.2; sleep-for 4s; polluters 0.1; liars 0.1; outage-at 8s; outage-for 3s; measure 10s")
			var first []byte
			for range 2 {
				line, err := json.Marshal(run(t, s, p, 3))
				if err != nil {
					t.Fatal(err)
				}
				if first != nil && string(first) != string(line) {
					t.Errorf("the same seed came out differently:\n%s\n%s", first, line)
				}
				first = line
			}
		})
	}
}

// chaosRuns is how many seeds TestChaos runs, and how many with -short.
const (
	chaosRuns      = 200
	chaosRunsShort = 30
)

// TestChaos looks for a seed that breaks a rule.
func TestChaos(t *testing.T) {
	runs := chaosRuns
	if testing.Short() {
		runs = chaosRunsShort
	}
	shoal := policy(t, "shoal")
	for seed := range uint64(runs) {
		s := Chaos(seed)
		r := run(t, s, shoal, seed)
		if r.Tainted > 0 {
			t.Errorf("seed %d: %d parts were played that nobody signed", seed, r.Tainted)
		}
		if r.Joins == 0 && r.Copies == 0 {
			t.Errorf("seed %d: nobody watched", seed)
		}
	}
}

// TestSeeds runs what once broke a rule.
func TestSeeds(t *testing.T) {
	text, err := os.ReadFile("testdata/seeds.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		number, settings, _ := strings.Cut(strings.TrimSpace(line), " ")
		if number == "" {
			continue
		}
		seed, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		run(t, everyday(t, settings), policy(t, "shoal"), seed)
	}
}

// TestNobodyToShareWith leaves every viewer alone with the origin: it sends as many copies as there are viewers, and
// nobody has to wait.
func TestNobodyToShareWith(t *testing.T) {
	r := run(t, everyday(t, "peers 6; unreachable 1; stay 0s; measure 20s"), policy(t, "shoal"), 1)
	if r.Offload != 0 || r.Copies < 5.5 || r.Copies > 7 || r.LatePerMillion > 0 {
		t.Errorf("%+v", r)
	}
}

// TestSharing has eight viewers do what eight viewers can.
func TestSharing(t *testing.T) {
	r := run(t, everyday(t, "peers 8; stay 0s; measure 20s"), policy(t, "shoal"), 1)
	if r.Copies > 1.5 || r.LatePerMillion > 0 || r.HopsMean < 1 || r.BesideShare == 0 || r.ControlShare == 0 {
		t.Errorf("%+v", r)
	}
}

// TestSlowOrigin stalls players whose only source is slower than the stream.
func TestSlowOrigin(t *testing.T) {
	r := run(t, everyday(t, "peers 4; unreachable 1; origin-rate 0.7; stay 0s; measure 20s"), policy(t, "shoal"), 1)
	if r.Rebuffer < 0.1 || r.LatePerMillion == 0 {
		t.Errorf("the picture stood still for %.3f of the time, %.0f parts in a million late: too little", r.Rebuffer, r.LatePerMillion)
	}
}

// TestHostile plays nothing that nobody signed, and finds out who sends it. A policy that verifies nothing plays it.
func TestHostile(t *testing.T) {
	s := everyday(t, "peers 20; polluters 0.2; stay 0s; warm 0s; measure 20s; uplinks 1x4; unreachable 0")
	r := run(t, s, policy(t, "shoal"), 1)
	if r.Refused == 0 && r.Bans == 0 || r.Tainted > 0 {
		t.Errorf("%+v", r)
	}
	if r := run(t, s, policy(t, "p2pml"), 1); r.Tainted == 0 {
		t.Errorf("p2pml played nothing that was altered: %+v", r)
	}
}

// TestOutage takes the tracker away for a while: the picture goes on, and afterwards viewers share again.
func TestOutage(t *testing.T) {
	s := everyday(t, "peers 10; stay 0s; warm 10s; measure 40s; outage-at 20s; outage-for 5s")
	n := New(s, policy(t, "shoal"), 2)
	r := n.Run()
	if len(n.Broken()) > 0 || r.LatePerMillion > 0 {
		t.Errorf("%v %+v", n.Broken(), r)
	}
	if r.LastCopies > 2 {
		t.Errorf("long after the tracker came back the origin still sends %.1f copies", r.LastCopies)
	}
	undisturbed := s
	undisturbed.OutageFor = 0
	if calm := run(t, undisturbed, policy(t, "shoal"), 1); r.Copies > calm.Copies+0.2 {
		t.Errorf("with the tracker away for 5 s of 40 the origin sends %.2f copies, otherwise %.2f: records should go on from peer to peer", r.Copies, calm.Copies)
	}
}

// TestSleepers closes half of the laptops once: they come back, and the others see no difference.
func TestSleepers(t *testing.T) {
	r := run(t, everyday(t, "peers 10; stay 0s; sleepers 0.5; sleep-for 6s; measure 30s"), policy(t, "shoal"), 1)
	if r.Rebuffer > 0.002 || r.Offload < 0.5 {
		t.Errorf("%+v", r)
	}
}

// TestLocality has viewers of one network give each other far more than chance would have it, and the origin no more.
func TestLocality(t *testing.T) {
	r := run(t, everyday(t, "peers 40; stay 0s; per-network 8; warm 15s; measure 15s"), policy(t, "shoal"), 1)
	if r.LocalShare < 0.25 || r.Copies > 1.5 { // 7 of 39 others are 0.18
		t.Errorf("%.0f %% stays within a network, %.2f copies", 100*r.LocalShare, r.Copies)
	}
}

// TestQuotas gives each class of uplinks its exact share of those who come together.
func TestQuotas(t *testing.T) {
	n := New(everyday(t, "peers 20; stay 0s"), policy(t, "shoal"), 1)
	for n.now < span.Second {
		e := n.next()
		n.happen(&e)
	}
	var classes [3]int
	for _, v := range n.present {
		classes[v.class]++
	}
	if classes != [3]int{8, 8, 4} {
		t.Errorf("classes %v of twenty viewers, want 8 8 4", classes)
	}
}

// TestNewcomers has viewers come and go: each takes about a second of the stream from the origin, and sees its first frame
// at once.
func TestNewcomers(t *testing.T) {
	r := run(t, everyday(t, "peers 40; stay 60s; measure 40s"), policy(t, "shoal"), 1)
	if r.Joins < 10 || r.JoinSeconds > 1.5 || r.StartP95 > 600 || r.Copies > 4 {
		t.Errorf("%d joins took %.2f s each, first frames after %d ms: %+v", r.Joins, r.JoinSeconds, r.StartP95, r)
	}
}

// TestTooFewUplinks has the origin bring early what uplinks cannot carry: few parts have to be rescued whole.
func TestTooFewUplinks(t *testing.T) {
	r := run(t, everyday(t, "peers 60; stay 0s; uplinks 0.4x0.25 0.4x0.75 0.2x2; warm 30s; measure 20s"), policy(t, "shoal"), 1)
	if r.Copies > 3*r.Bound || r.LatePerMillion > 0 {
		t.Errorf("%.1f copies, %.1f would do: %+v", r.Copies, r.Bound, r)
	}
}

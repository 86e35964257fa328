package bustest

import (
	"sync"
	"testing"

	"shoal/server/event"
)

// Bus is what the contract is about.
type Bus interface {
	Publish(event.Fact)
	Subscribe(size int) (facts <-chan event.Fact, stop func())
}

// fact makes a distinct fact.
func fact(n int) event.Fact { return event.BroadcastStarted{Epoch: uint64(n)} }

// Contract runs the contract. open returns a bus without hearers.
func Contract(t *testing.T, open func(t *testing.T) Bus) {
	for name, test := range map[string]func(*testing.T, Bus){
		"hears in order":                         inOrder,
		"hears nothing of before":                nothingBefore,
		"nobody hears, nobody waits":             nobodyHears,
		"a slow hearer loses and is told once":   slowLoses,
		"a slow hearer hears again":              slowHearsAgain,
		"a slow hearer costs others nothing":     slowCostsNothing,
		"what is queued is heard after stop":     stopDrains,
		"stopping twice, or while told, is fine": stopAnyTime,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// drain reads what is queued after stop.
func drain(facts <-chan event.Fact) (all []event.Fact) {
	for f := range facts {
		all = append(all, f)
	}
	return all
}

func expect(t *testing.T, got []event.Fact, want ...event.Fact) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("heard %d facts %v, want %d %v", len(got), got, len(want), want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("fact %d is %v, want %v", i, got[i], want[i])
		}
	}
}

func inOrder(t *testing.T, b Bus) {
	facts, stop := b.Subscribe(8)
	defer stop()
	for n := range 8 {
		b.Publish(fact(n))
	}
	for n := range 8 {
		if got := <-facts; got != fact(n) {
			t.Fatalf("fact %d is %v", n, got)
		}
	}
}

func nothingBefore(t *testing.T, b Bus) {
	b.Publish(fact(1))
	facts, stop := b.Subscribe(8)
	b.Publish(fact(2))
	stop()
	expect(t, drain(facts), fact(2))
}

func nobodyHears(_ *testing.T, b Bus) {
	for n := range 10_000 {
		b.Publish(fact(n))
	}
}

func slowLoses(t *testing.T, b Bus) {
	facts, stop := b.Subscribe(2)
	for n := range 10_000 {
		b.Publish(fact(n))
	}
	stop()
	expect(t, drain(facts), fact(0), fact(1), event.Missed{})
}

func slowHearsAgain(t *testing.T, b Bus) {
	facts, stop := b.Subscribe(2)
	for n := range 5 {
		b.Publish(fact(n))
	}
	for _, want := range []event.Fact{fact(0), fact(1), event.Missed{}} {
		if got := <-facts; got != want {
			t.Fatalf("heard %v, want %v", got, want)
		}
	}
	for n := 10; n < 15; n++ {
		b.Publish(fact(n))
	}
	stop()
	expect(t, drain(facts), fact(10), fact(11), event.Missed{})
}

func slowCostsNothing(t *testing.T, b Bus) {
	_, stopSlow := b.Subscribe(1)
	defer stopSlow()
	quick, stop := b.Subscribe(1)
	defer stop()
	for n := range 1000 {
		b.Publish(fact(n))
		if got := <-quick; got != fact(n) {
			t.Fatalf("fact %d is %v", n, got)
		}
	}
}

func stopDrains(t *testing.T, b Bus) {
	facts, stop := b.Subscribe(8)
	b.Publish(fact(1))
	b.Publish(fact(2))
	stop()
	b.Publish(fact(3))
	expect(t, drain(facts), fact(1), fact(2))
}

func stopAnyTime(t *testing.T, b Bus) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for n := range 200 {
				b.Publish(fact(n))
			}
		})
		wg.Go(func() {
			for range 50 {
				facts, stop := b.Subscribe(1)
				stop()
				stop()
				if all := drain(facts); len(all) > 2 { // one fact and one event.Missed
					t.Errorf("a queue of one held %v", all)
				}
			}
		})
	}
	wg.Wait()
}

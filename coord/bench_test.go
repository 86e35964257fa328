package coord

import (
	"fmt"
	"testing"
	"time"

	"shoal/id"
)

// BenchmarkSecond is one second in the life of a channel whose viewers stay five minutes: joins, leaves, what viewers say
// of their links and slots, and one look at who should seed. ns/op over a second is the share of a core.
func BenchmarkSecond(b *testing.B) {
	for _, viewers := range []int{1000, 3000, 10_000} {
		b.Run(fmt.Sprint(viewers), func(b *testing.B) {
			m, now := New(1), time.Duration(0)
			do := func(in Input) { m.Step(now, in, nil) }
			arrive := func(i int) {
				do(Joined{Peer: id.Peer(i), Prefix: Prefix(i), Share: true})
				for links := 1; links <= 20; links++ {
					do(Linked{Peer: id.Peer(i), N: links})
				}
				for _, slots := range []int{6, 12, 6 + i%5*12} {
					do(Able{Peer: id.Peer(i), Slots: slots})
				}
			}
			for i := 1; i <= viewers; i++ {
				now += time.Millisecond
				arrive(i)
			}
			oldest, newest := 1, viewers
			b.ReportAllocs()
			for b.Loop() {
				now += time.Second
				for range max(1, viewers/300) {
					do(Left{Peer: id.Peer(oldest)})
					oldest++
					newest++
					arrive(newest)
				}
			}
		})
	}
}

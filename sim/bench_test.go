package sim

import (
	"testing"

	"shoal/span"
)

// BenchmarkSwarm runs 200 viewers for 20 s of virtual time: engine, coordinator and internet together.
func BenchmarkSwarm(b *testing.B) {
	b.ReportAllocs()
	for range b.N {
		s := Everyday()
		s.Name, s.Peers, s.Stay, s.Warm, s.Measure = "bench", 200, 5*span.Minute, 10*span.Second, 10*span.Second
		r := New(s, Policies()[0], 1).Run()
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(r.Steps), "ns/step")
		b.ReportMetric(float64(r.Steps)/200/20, "steps/peer-s")
	}
}

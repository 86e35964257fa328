package rules

import (
	"encoding/binary"
	"slices"
	"time"

	"shoal/server/ingest"
)

// testSamples is a picture of two sizes with two B-frames in a row, and a tone, in the order of their times.
func testSamples(from, lasts time.Duration) []ingest.Sample {
	var out []ingest.Sample
	frame := func(n int) time.Duration { return time.Duration(n) * time.Second / testRate }
	for n := 0; frame(n) < lasts; n++ {
		const group = 2 * testRate
		kind, size, shown := byte(0x41), 400, n+1
		switch in := n % group; {
		case in == 0:
			kind, size = 0x65, 4000
		case in%3 == 1 && in+2 < group:
			shown = n + 3
		case in+2 < group || in%3 != 1:
			shown = n
		}
		for track := range 2 {
			data := make([]byte, 4+size/(track+1))
			binary.BigEndian.PutUint32(data, uint32(len(data)-4))
			data[4] = kind
			binary.BigEndian.PutUint32(data[6:], uint32(n))
			out = append(out, ingest.Sample{Track: track, DTS: from + frame(n), PTS: from + frame(shown), Key: kind == 0x65, Data: data})
		}
	}
	for n := 0; ; n++ {
		at := time.Duration(n) * 1024 * time.Second / 48000
		if at >= lasts {
			break
		}
		out = append(out, ingest.Sample{Track: 2, DTS: from + at, PTS: from + at, Key: true, Data: append(make([]byte, 180), byte(n))})
	}
	slices.SortStableFunc(out, func(a, b ingest.Sample) int { return int(a.DTS - b.DTS) })
	return out
}

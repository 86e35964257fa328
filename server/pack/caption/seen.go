package caption

import "strconv"

// Seen is a set of captions. The zero value is none.
type Seen struct {
	Lines    uint8  // bit n is CC(n+1) of CEA-608, of which there are four
	Services uint64 // bit n is service n of CEA-708, from 1 to 63
}

// Any reports whether there are any.
func (s Seen) Any() bool { return s.Lines != 0 || s.Services != 0 }

// With is the union of both.
func (s Seen) With(o Seen) Seen {
	return Seen{Lines: s.Lines | o.Lines, Services: s.Services | o.Services}
}

// IDs names them as INSTREAM-ID does (RFC 8216bis, 4.4.6.1): CC1 to CC4, then SERVICE1 to SERVICE63.
func (s Seen) IDs() (ids []string) {
	for n := range linesMax {
		if s.Lines>>n&1 != 0 {
			ids = append(ids, "CC"+strconv.Itoa(n+1))
		}
	}
	for n := 1; n <= ServiceMax; n++ {
		if s.Services>>n&1 != 0 {
			ids = append(ids, "SERVICE"+strconv.Itoa(n))
		}
	}
	return ids
}

// Parse reads names that IDs gave. What is no such name is left out.
func Parse(ids []string) (s Seen) {
	for n := range linesMax {
		for _, id := range ids {
			if id == "CC"+strconv.Itoa(n+1) {
				s.Lines |= 1 << n
			}
		}
	}
	for n := 1; n <= ServiceMax; n++ {
		for _, id := range ids {
			if id == "SERVICE"+strconv.Itoa(n) {
				s.Services |= 1 << n
			}
		}
	}
	return s
}

const (
	linesMax = 4
	// ServiceMax is the highest number of a service.
	ServiceMax = 63
)

package record

import (
	"cmp"
	"slices"
	"strings"

	"shoal/id"
)

// List returns a channel's recordings, newest first, of epochs below before (0 is all), at most ListMax.
func (s *Shelf) List(channel id.Channel, before uint64) []Summary {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.newest(func(key Key) bool {
		return key.Channel == channel && key.Clip == "" && (before == 0 || key.Epoch < before)
	})
	return list[:min(len(list), ListMax)]
}

// Clips returns a channel's clips, newest first, at most ListMax: those that come behind the clip before, or the first if it is "". It returns
// ErrNotFound if there is no such clip any more, as nobody knows then where to go on.
func (s *Shelf) Clips(channel id.Channel, before string) ([]Summary, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.newest(func(key Key) bool { return key.Channel == channel && key.Clip != "" })
	if before != "" {
		at := slices.IndexFunc(list, func(sum Summary) bool { return sum.Key.Clip == before })
		if at < 0 {
			return nil, ErrNotFound
		}
		list = list[at+1:]
	}
	return list[:min(len(list), ListMax)], nil
}

// Summary returns what List or Clips would tell of one recording or clip, or ErrNotFound. It reads nothing from the disk.
func (s *Shelf) Summary(key Key) (Summary, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum, sealed := s.sealed[key.plain()]
	if r := s.growing[key.plain()]; r != nil {
		sum = r.Summary()
	} else if !sealed {
		return Summary{}, ErrNotFound
	}
	if sum.Bytes == 0 {
		return Summary{}, ErrNotFound
	}
	return sum, nil
}

// newest returns what is wanted and not empty, newest first. The caller holds mu.
func (s *Shelf) newest(wanted func(Key) bool) (list []Summary) {
	take := func(key Key, sum Summary) {
		if wanted(key) && sum.Bytes > 0 {
			list = append(list, sum)
		}
	}
	for key, sum := range s.sealed {
		take(key, sum)
	}
	for key, r := range s.growing {
		take(key, r.Summary())
	}
	slices.SortFunc(list, newerFirst)
	return list
}

// newerFirst is the order of lists.
func newerFirst(a, b Summary) int {
	return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.Key.Epoch, a.Key.Epoch), strings.Compare(a.Key.Clip, b.Key.Clip))
}

// Count counts a channel's recordings that are whole.
func (s *Shelf) Count(channel id.Channel) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.sealed {
		if key.Channel == channel && key.Clip == "" {
			n++
		}
	}
	return n
}

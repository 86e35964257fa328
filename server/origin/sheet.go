package origin

import (
	"os"
	"sync/atomic"
)

// Bounds on sheets.
const (
	// sheetsMax bounds the sheets of an Origin: eight tracks with all that is kept of them, for those who are asked for most.
	sheetsMax = 1024
	// filesOf is how much of the files that a process may open one sheet stands for: all sheets take an eighth.
	filesOf = 8
	// sheetAfter is the ask with which a part gets a sheet: what nobody asks for twice is not kept twice.
	sheetAfter = 2
)

// sheet is a part's bytes once more, in a file that lies in memory: the kernel sends its pages as they are, where it would copy a
// slice of ours first, which is most of what sending costs. Any number of readers send from it at once, each from its own place.
type sheet struct {
	file   *os.File
	budget *atomic.Int64 // one less when it is closed
	closed bool          // guarded by the broadcast's mu
}

// close closes it for new readers. The caller holds the broadcast's mu.
func (s *sheet) close() {
	if s.closed {
		return
	}
	s.closed = true
	_ = s.file.Close() // it was only read; whoever is reading it goes on
	s.budget.Add(-1)
}

// sheets makes sheets, as many as there may be at once.
type sheets struct {
	most int64 // set once
	used atomic.Int64
}

// write returns a sheet with these bytes, or nil: there are enough, or there is no such thing here.
func (s *sheets) write(b []byte) *sheet {
	if s.used.Add(1) > s.most {
		s.used.Add(-1)
		return nil
	}
	f, err := paper(b)
	if err != nil {
		s.used.Add(-1)
		return nil
	}
	return &sheet{file: f, budget: &s.used}
}

// sheeted returns the part's sheet, or nil if it has none. The caller holds the broadcast's mu.
func (s *stored) sheeted(all *sheets) *sheet {
	if s.asked++; s.sheet == nil && s.asked == sheetAfter {
		s.sheet = all.write(s.data)
	}
	return s.sheet
}

// drop forgets the part. The caller holds the broadcast's mu.
func (s *stored) drop() {
	if s.sheet != nil {
		s.sheet.close()
	}
}

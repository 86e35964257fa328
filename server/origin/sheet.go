package origin

import (
	"io"
	"os"
	"sync"
	"sync/atomic"
)

// Bounds on sheets.
const (
	// sheetsMax bounds the sheets of an Origin: eight tracks with all that is kept of them, for those who are asked for most.
	sheetsMax = 1024
	// openMax is how many readers' files of a sheet are kept open for the next readers.
	openMax = 4
	// filesOf is how much of the files that a process may open one sheet stands for: all sheets take an eighth.
	filesOf = 8 * (openMax + 1)
	// sheetAfter is the ask with which a part gets a sheet: what nobody asks for twice is not kept twice.
	sheetAfter = 2
)

// sheet is a part's bytes once more, in a file that lies in memory: the kernel sends its pages as they are, where it would copy a
// slice of ours first, which is most of what sending costs. It takes one more descriptor for each reader at a time.
type sheet struct {
	length int64
	budget *atomic.Int64 // one less when it is closed

	mu     sync.Mutex
	main   *os.File   // nil: closed
	spares []*os.File // at most openMax
}

// take returns a file that reads the sheet from its beginning, for one reader, who gives it back; nil without any.
func (s *sheet) take() *os.File {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.main == nil {
		return nil
	}
	if n := len(s.spares); n > 0 {
		f := s.spares[n-1]
		s.spares = s.spares[:n-1]
		return f
	}
	return again(s.main)
}

// give takes back what take returned.
func (s *sheet) give(f *os.File) {
	_, err := f.Seek(0, io.SeekStart)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || s.main == nil || len(s.spares) == openMax {
		_ = f.Close() // it was only read
		return
	}
	s.spares = append(s.spares, f)
}

// close closes it for new readers.
func (s *sheet) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.main == nil {
		return
	}
	for _, f := range append(s.spares, s.main) {
		_ = f.Close() // it was only read
	}
	s.main, s.spares = nil, nil
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
	return &sheet{length: int64(len(b)), budget: &s.used, main: f}
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

package memory

import (
	"bytes"
	"context"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"shoal/blob"
)

// BlobsMax bounds how many blobs a store holds, whatever their size.
const BlobsMax = 1 << 16

// Store holds blobs of at most a given number of bytes together.
type Store struct {
	limit int64

	mu    sync.RWMutex // guards the rest
	blobs map[string]held
	used  int64
}

type held struct {
	data     []byte // never changed
	modified time.Time
}

var _ blob.Store = (*Store)(nil)

// New returns a store for at most limit bytes.
func New(limit int64) *Store { return &Store{limit: limit, blobs: make(map[string]held)} }

// Put is of blob.Store.
func (s *Store) Put(ctx context.Context, name string, r io.Reader) error {
	if err := blob.CheckName(name); err != nil {
		return err
	}
	data, err := io.ReadAll(io.LimitReader(r, s.limit+1)) // one more than fits shows that it does not
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, replaces := s.blobs[name]
	used := s.used - int64(len(old.data)) + int64(len(data))
	if used > s.limit || !replaces && len(s.blobs) >= BlobsMax {
		return blob.ErrFull
	}
	s.blobs[name], s.used = held{data: data, modified: time.Now()}, used
	return nil
}

// Open is of blob.Store.
func (s *Store) Open(ctx context.Context, name string) (io.ReadSeekCloser, error) {
	b, err := s.find(ctx, name)
	if err != nil {
		return nil, err
	}
	return reader{bytes.NewReader(b.data)}, nil
}

// Stat is of blob.Store.
func (s *Store) Stat(ctx context.Context, name string) (blob.Info, error) {
	b, err := s.find(ctx, name)
	if err != nil {
		return blob.Info{}, err
	}
	return b.info(name), nil
}

// Delete is of blob.Store.
func (s *Store) Delete(ctx context.Context, name string) error {
	if _, err := s.find(ctx, name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.blobs[name]
	if !ok {
		return blob.ErrNotFound
	}
	delete(s.blobs, name)
	s.used -= int64(len(b.data))
	return nil
}

// List is of blob.Store.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		s.mu.RLock()
		blobs := maps.Clone(s.blobs)
		s.mu.RUnlock()
		for _, name := range slices.Sorted(maps.Keys(blobs)) {
			if !strings.HasPrefix(name, prefix) {
				continue
			}
			if err := ctx.Err(); err != nil {
				yield(blob.Info{}, err)
				return
			}
			if !yield(blobs[name].info(name), nil) {
				return
			}
		}
	}
}

func (s *Store) find(ctx context.Context, name string) (held, error) {
	if err := blob.CheckName(name); err != nil {
		return held{}, err
	}
	if err := ctx.Err(); err != nil {
		return held{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	b, ok := s.blobs[name]
	if !ok {
		return held{}, blob.ErrNotFound
	}
	return b, nil
}

func (b held) info(name string) blob.Info {
	return blob.Info{Name: name, Size: int64(len(b.data)), Modified: b.modified}
}

type reader struct{ *bytes.Reader }

func (reader) Close() error { return nil }

package roster

import (
	"slices"

	"shoal/id"
)

// Roster holds one T for each of a few peers. The zero Roster is empty.
type Roster[T any] struct{ rows []row[T] }

type row[T any] struct {
	peer  id.Peer
	state *T
}

func (r *Roster[T]) find(p id.Peer) (int, bool) {
	return slices.BinarySearchFunc(r.rows, p, func(row row[T], p id.Peer) int {
		switch {
		case row.peer < p:
			return -1
		case row.peer > p:
			return 1
		}
		return 0
	})
}

// Get returns p's state, or nil. It stays valid until p is removed.
func (r *Roster[T]) Get(p id.Peer) *T {
	if i, ok := r.find(p); ok {
		return r.rows[i].state
	}
	return nil
}

// Add returns p's state, made if there was none.
func (r *Roster[T]) Add(p id.Peer) *T {
	i, ok := r.find(p)
	if !ok {
		r.rows = slices.Insert(r.rows, i, row[T]{p, new(T)})
	}
	return r.rows[i].state
}

// Remove forgets p.
func (r *Roster[T]) Remove(p id.Peer) {
	if i, ok := r.find(p); ok {
		r.rows = slices.Delete(r.rows, i, i+1)
	}
}

// Len returns the number of peers.
func (r *Roster[T]) Len() int { return len(r.rows) }

// All yields the peers and their states in ascending order. The roster must not change meanwhile.
func (r *Roster[T]) All(yield func(id.Peer, *T) bool) {
	for _, row := range r.rows {
		if !yield(row.peer, row.state) {
			return
		}
	}
}

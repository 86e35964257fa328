package roster

import (
	"slices"

	"shoal/id"
)

// Roster holds one T for each of a few peers. The zero Roster is empty.
type Roster[T any] struct {
	peers  []id.Peer // ascending
	states []*T      // of the same places: what is not generic is compiled once, and every viewer loads it
}

func find(peers []id.Peer, p id.Peer) (int, bool) { return slices.BinarySearch(peers, p) }

// Get returns p's state, or nil. It stays valid until p is removed.
func (r *Roster[T]) Get(p id.Peer) *T {
	if i, ok := find(r.peers, p); ok {
		return r.states[i]
	}
	return nil
}

// Add returns p's state, made if there was none.
func (r *Roster[T]) Add(p id.Peer) *T {
	i, ok := find(r.peers, p)
	if !ok {
		r.peers = slices.Insert(r.peers, i, p)
		r.states = append(r.states, nil)
		copy(r.states[i+1:], r.states[i:])
		r.states[i] = new(T)
	}
	return r.states[i]
}

// Remove forgets p.
func (r *Roster[T]) Remove(p id.Peer) {
	if i, ok := find(r.peers, p); ok {
		r.peers = slices.Delete(r.peers, i, i+1)
		last := len(r.states) - 1
		copy(r.states[i:], r.states[i+1:])
		r.states[last] = nil
		r.states = r.states[:last]
	}
}

// Len returns the number of peers.
func (r *Roster[T]) Len() int { return len(r.peers) }

// All yields the peers and their states in ascending order. The roster must not change meanwhile.
func (r *Roster[T]) All(yield func(id.Peer, *T) bool) {
	for i, p := range r.peers {
		if !yield(p, r.states[i]) {
			return
		}
	}
}

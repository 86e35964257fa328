package rival

import (
	"slices"

	"shoal/span"
)

// queue returns the segments from the one that the player asked for last, in order (utils/queue.js).
func (l *Loader) queue() []*part {
	if !l.asked {
		return nil
	}
	i, _ := l.find(l.last)
	return l.parts[i:]
}

// urgent reports whether a segment is in the high-demand window (utils/stream.js, isSegmentInTimeWindow).
func (l *Loader) urgent(x *part) bool {
	position := l.positionMS()
	return position+int64(l.demand/span.Millisecond) >= x.wallMS && position <= x.endMS
}

// positionMS returns where the player is; before the first picture, at the segment that it asked for.
func (l *Loader) positionMS() int64 {
	if l.headAt > 0 {
		return l.onScreenMS()
	}
	if i, ok := l.find(l.last); ok {
		return l.parts[i].wallMS
	}
	return 0
}

// process starts what should be under way (HybridLoader.processQueue).
func (l *Loader) process() {
	queue := l.queue()
	for i, x := range queue {
		switch {
		case x.whole() || x.fetching:
		case l.urgent(x):
			l.hurry(queue[i+1:], x)
		default:
			if l.sender(x) == nil && l.receiving() < peersAtOnce {
				l.load(x)
			}
		}
	}
}

// hurry gets a segment that is in the high-demand window: from the origin if a slot is free or can be freed, else from a
// peer. A transfer from a peer is cut off for the origin, however far it is.
func (l *Loader) hurry(after []*part, x *part) {
	if len(l.http) < httpAtOnce || l.abortLastHTTP(after) {
		if s := l.sender(x); s != nil {
			l.abort(s)
		}
		l.fetchRest(x)
		return
	}
	if l.sender(x) == nil && l.held(x) && (l.receiving() < peersAtOnce || l.abortLastSender(after)) {
		l.load(x)
	}
}

// fetchRest asks the origin for what of a segment is not here yet: it resumes by range.
func (l *Loader) fetchRest(x *part) {
	from := 0
	for from < x.count-1 && x.mine.Has(from) {
		from++
	}
	l.http[l.fetch(x, from, httpQuietMax)] = x
	l.announce()
}

// abortLastHTTP frees the slot of the last segment in after that comes from the origin. Its bytes still arrive: we have no
// way to stop them, and count that in the rival's favour.
func (l *Loader) abortLastHTTP(after []*part) bool {
	for _, x := range slices.Backward(after) {
		if !x.fetching {
			continue
		}
		for ref, y := range l.http {
			if x == y {
				delete(l.http, ref)
			}
		}
		x.fetching = false
		return true
	}
	return false
}

// abortLastSender cuts off the last segment in after that comes from a peer.
func (l *Loader) abortLastSender(after []*part) bool {
	for _, x := range slices.Backward(after) {
		if s := l.sender(x); s != nil {
			l.abort(s)
			return true
		}
	}
	return false
}

// random fetches segments that no neighbour has or is getting, with a chance that falls with the number of neighbours
// (HybridLoader.loadRandomThroughHttp).
func (l *Loader) random() {
	if len(l.http) >= httpAtOnce || len(l.peers) == 0 {
		return
	}
	var candidates []*part
	for _, x := range l.queue() {
		if !x.whole() && !x.fetching && l.sender(x) == nil && !l.heldOrLoading(x) {
			candidates = append(candidates, x)
		}
	}
	everyone := len(l.peers) + 1
	candidates = candidates[:min(len(candidates), httpAtOnce*everyone)]
	probability := float64(len(candidates)) / float64(everyone)
	for i := range candidates {
		k := i + l.chance.below(len(candidates)-i)
		candidates[i], candidates[k] = candidates[k], candidates[i]
	}
	for _, x := range candidates {
		if len(l.http) >= httpAtOnce || probability <= 0 {
			return
		}
		if probability >= 1 || l.chance.unit() <= probability {
			l.fetchRest(x)
		}
		probability--
	}
}

package origin

import (
	"time"

	"shoal/id"
)

// Recent is what a peer needs to verify the live edge.
type Recent struct {
	Epoch        uint64
	Certificates [][]byte // manifest.Certificate, oldest first
	Manifests    [][]byte // manifest.Part, per track in order
}

// Recent returns the certificates of the channel's newest broadcast, and the records of the parts that began within
// span of each track's newest. It returns ErrNotFound while there is none.
func (o *Origin) Recent(channel id.Channel, span time.Duration) (Recent, error) {
	o.mu.RLock()
	kept := o.channels[channel]
	o.mu.RUnlock()
	if len(kept) == 0 {
		return Recent{}, ErrNotFound
	}
	b := kept[len(kept)-1]
	b.mu.Lock()
	defer b.mu.Unlock()
	r := Recent{Epoch: b.opening.Epoch, Certificates: append([][]byte(nil), b.certificates...)}
	for _, t := range b.tracks {
		r.Manifests = append(r.Manifests, t.recent(span)...)
	}
	return r, nil
}

func (t *track) recent(span time.Duration) (records [][]byte) {
	last := t.last()
	if last == nil {
		return nil
	}
	from := uint64(max(0, int64(last.manifest.WallMS)-span.Milliseconds()))
	for _, s := range t.parts {
		if s.manifest.WallMS >= from {
			records = append(records, s.record)
		}
	}
	if t.endRecord != nil {
		records = append(records, t.endRecord)
	}
	return records
}

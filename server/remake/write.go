package remake

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"shoal/id"
	"shoal/manifest"
	"shoal/manifest/sign"
	"shoal/segment"
	"shoal/server/ingest"
	"shoal/server/pack"
)

// track is one rung of the recording, in the making.
type track struct {
	number segment.Track
	next   uint64    // seq of the next part
	prev   id.Digest // of the last record
	last   manifest.Part
	kind   ingest.Track
	init   []byte
	frames []ingest.Sample // of parts that are not whole yet, by rank
	ranks  []int
	done   int // parts of this run that are written
	parts  uint32
}

// cut is a part of the source, as far as the rungs need it.
type cut struct {
	part        *manifest.Part
	first, last int             // ranks of its samples: from first to before last
	decode      []time.Duration // when its samples are decoded
}

// begins hears what a rung is.
func (m *maker) begins(n int, t ingest.Track) error {
	init, err := pack.WriteInit(t)
	m.tracks[n].kind, m.tracks[n].init = t, init
	return err
}

// frame takes a frame of a rung, and writes the parts that are whole with it.
func (m *maker) frame(n, rank int, s ingest.Sample) error {
	t := &m.tracks[n]
	t.frames, t.ranks = append(t.frames, s), append(t.ranks, rank)
	return m.cutAll(n, false)
}

// cutAll writes the parts of a rung that are whole: those behind which a frame came, or all if nothing follows.
func (m *maker) cutAll(n int, last bool) error {
	t := &m.tracks[n]
	for t.done < m.gone+len(m.cuts) && len(t.ranks) > 0 {
		c := m.cuts[t.done-m.gone]
		if !last && t.ranks[len(t.ranks)-1] < c.last {
			return nil
		}
		has := 0
		for has < len(t.ranks) && t.ranks[has] < c.last {
			has++
		}
		if has > 0 {
			if err := m.write(t, c, t.frames[:has], t.ranks[:has]); err != nil {
				return err
			}
		}
		clear(t.frames[:has])
		t.frames, t.ranks = t.frames[has:], t.ranks[has:]
		t.done++
	}
	m.forget()
	return nil
}

// forget drops the parts that every rung is past: a recording has tens of thousands.
func (m *maker) forget() {
	past := m.gone + len(m.cuts)
	for n := range m.tracks {
		past = min(past, m.tracks[n].done)
	}
	m.cuts = slices.Delete(m.cuts, 0, past-m.gone)
	m.gone = past
}

// write signs and adds the part of a rung that stands for a part of the source.
func (m *maker) write(t *track, c cut, frames []ingest.Sample, ranks []int) error {
	samples := make([]ingest.Sample, len(frames))
	for i, f := range frames {
		f.DTS = min(c.decode[ranks[i]-c.first], f.PTS)
		samples[i] = f
	}
	ends := time.Duration(c.part.StartUS+uint64(c.part.DurationUS)) * time.Microsecond
	data, err := pack.WritePart(t.kind, t.parts, samples, ends)
	if err != nil {
		return fmt.Errorf("a part of a rung: %w", err)
	}
	p := *c.part
	p.Track, p.Seq, p.Prev, p.Independent, p.Init = t.number, t.next, t.prev, samples[0].Key, sha256.Sum256(t.init)
	p.Length, p.PieceSize, p.Hashes = uint32(len(data)), uint32(segment.PieceSize(len(data))), nil
	for from := 0; from < len(data); from += int(p.PieceSize) {
		p.Hashes = append(p.Hashes, sha256.Sum256(data[from:min(from+int(p.PieceSize), len(data))]))
	}
	record, digest, err := sign.Part(&p, m.key)
	if err != nil {
		return err
	}
	t.prev, t.next, t.parts, t.last = digest, t.next+1, t.parts+1, p
	return m.to.Part(record, t.init, data)
}

// end says that nothing follows on the new tracks. Each must have something.
func (m *maker) end() error {
	for n := range m.tracks {
		t := &m.tracks[n]
		if t.parts == 0 {
			return errors.New("a rung has no parts")
		}
		l := t.last
		p := manifest.Part{
			Channel: l.Channel, Epoch: l.Epoch, Track: l.Track, End: true, MSN: l.MSN, Index: l.Index + 1, Seq: t.next, Prev: t.prev,
			WallMS: l.WallMS + uint64(l.DurationUS/1000), StartUS: l.StartUS + uint64(l.DurationUS),
		}
		record, _, err := sign.Part(&p, m.key)
		if err == nil {
			err = m.to.Part(record, nil, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

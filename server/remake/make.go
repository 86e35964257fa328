package remake

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"shoal/id"
	"shoal/manifest"
	"shoal/manifest/sign"
	"shoal/segment"
	"shoal/server/ingest"
	"shoal/server/pack"
)

// backdate lets the certificate's time begin a little before the recording.
const backdate = 5 * time.Minute

// make makes what a recording lacks, and returns how many rungs it made.
func (b *Bench) make(ctx context.Context, source Source) (made int, err error) {
	rungs, err := b.lacking(source)
	if err != nil {
		return 0, err
	}
	if len(rungs) == 0 {
		return 0, b.config.Shelf.Done(source)
	}
	to, err := b.config.Shelf.Add(source)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, to.Drop()) }()
	m := &maker{bench: b, source: source, to: to, rungs: rungs, tracks: make([]track, len(rungs))}
	if err := m.certify(ctx); err != nil {
		return 0, err
	}
	first, _ := source.Free()
	for n := range m.tracks {
		m.tracks[n] = track{number: first + segment.Track(n), next: m.first, prev: m.before}
	}
	for m.at < source.Len() {
		if err := m.run(ctx); err != nil {
			return 0, err
		}
	}
	if err := m.end(); err != nil {
		return 0, err
	}
	return len(rungs), to.Commit()
}

// lacking returns the rungs to make: by the source's largest picture, that of its first part.
func (b *Bench) lacking(source Source) ([]Rung, error) {
	if source.Len() == 0 || source.Sessions() > sessionsMax {
		return nil, nil
	}
	_, init, _, err := source.Read(0)
	if err != nil {
		return nil, err
	}
	t, err := pack.ReadTrack(init)
	if err != nil {
		return nil, err
	}
	_, free := source.Free()
	return b.config.Ladder.Lacking(pictureOf(t), source.Rungs(), free), nil
}

func pictureOf(t ingest.Track) Picture {
	width, height, rate := pack.Picture(t)
	return Picture{width, height, rate}
}

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
	takes  bool // the run's picture is larger than it
	done   int  // parts of this run that are written
	parts  uint32
}

// cut is a part of the source, as far as the rungs need it.
type cut struct {
	part        *manifest.Part
	first, last int             // ranks of its samples: from first to before last
	decode      []time.Duration // when its samples are decoded
}

// maker makes the rungs of one recording.
type maker struct {
	bench  *Bench
	source Source
	to     Addition
	rungs  []Rung
	key    sign.Key
	first  uint64    // seq
	before id.Digest // what the first records follow: the certificate
	tracks []track

	at    int // the next part of the source
	init  []byte
	whole ingest.Track
	queue []ingest.Sample // of the run, to be handed out
	cuts  []cut           // of the run, which some rung lacks
	gone  int             // parts of the run before these
	last  *manifest.Part  // that was read of the run
	ranks int             // samples that were read of the run
	ended bool            // no part of the run follows
}

// certify draws a session key and has the identity certify it for what is made.
func (m *maker) certify(ctx context.Context) error {
	last, _, _, err := m.source.Read(m.source.Len() - 1)
	if err != nil {
		return err
	}
	first, _, _, err := m.source.Read(0)
	if err != nil {
		return err
	}
	m.first = (last.Seq/FirstSeq + 1) * FirstSeq
	identity, err := m.bench.config.Signer(ctx, m.source.Channel())
	if err != nil {
		return err
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	m.key = sign.Key(key)
	from := first.WallMS - min(first.WallMS, uint64(backdate.Milliseconds()))
	c, err := sign.Certificate(manifest.Certificate{
		Epoch: m.source.Epoch(), Session: m.key.Public(), MinSeq: m.first, NotBeforeMS: from, NotAfterMS: from + manifest.LifetimeMaxMS,
	}, identity)
	if err != nil {
		return err
	}
	if c.Channel != m.source.Channel() {
		return errors.New("the signer is not the channel's identity")
	}
	record := c.Append(nil)
	m.before = sign.Digest(record)
	return m.to.Certificate(record)
}

// run makes the rungs of the parts from m.at on that follow each other.
func (m *maker) run(ctx context.Context) error {
	m.queue, m.cuts, m.gone, m.last, m.ranks, m.ended, m.init = nil, nil, 0, nil, 0, false, nil
	for n := range m.tracks {
		t := &m.tracks[n]
		t.frames, t.ranks, t.done, t.init = nil, nil, 0, nil
	}
	for m.at < m.source.Len() { // a run begins with a key frame
		p, init, _, err := m.source.Read(m.at)
		if err != nil {
			return err
		}
		if p.Independent {
			m.init = init
			break
		}
		m.at++
	}
	if m.init == nil {
		return nil
	}
	var err error
	if m.whole, err = pack.ReadTrack(m.init); err != nil {
		return err
	}
	begun, picture := m.at, pictureOf(m.whole)
	for n := range m.tracks {
		m.tracks[n].takes = m.rungs[n].Height < min(picture.Width, picture.Height)
	}
	err = m.bench.config.Ladder.Remake(ctx, Run{
		Source: m.whole, Picture: picture, Rungs: m.rungs, Next: m.next, Begins: m.begins, Frame: m.frame,
	})
	if err != nil {
		return err
	}
	if m.at == begun { // nothing of this run is smaller than it
		m.skip()
		return nil
	}
	for n := range m.tracks {
		if err := m.cutAll(n, true); err != nil {
			return err
		}
	}
	return nil
}

// skip passes over a run of which nothing is made: all with its parameters.
func (m *maker) skip() {
	for m.at++; m.at < m.source.Len(); m.at++ {
		if _, init, _, err := m.source.Read(m.at); err != nil || !bytes.Equal(init, m.init) {
			return
		}
	}
}

// next hands out the samples of the run.
func (m *maker) next() (ingest.Sample, error) {
	if len(m.queue) == 0 {
		if err := m.read(); err != nil {
			return ingest.Sample{}, err
		}
	}
	s := m.queue[0]
	m.queue = m.queue[1:]
	return s, nil
}

// read reads the next part of the run; io.EOF where it ends.
func (m *maker) read() error {
	if m.ended || m.at == m.source.Len() {
		return io.EOF
	}
	p, init, data, err := m.source.Read(m.at)
	if err != nil {
		return err
	}
	if m.last != nil && (p.Discontinuity || p.Seq != m.last.Seq+1 || !bytes.Equal(init, m.init)) {
		m.ended = true
		return io.EOF
	}
	samples, err := pack.ReadPart(m.whole, data)
	if err != nil {
		return err
	}
	c := cut{part: p, first: m.ranks, last: m.ranks + len(samples)}
	for _, s := range samples {
		c.decode = append(c.decode, s.DTS)
	}
	m.cuts, m.last, m.ranks, m.queue = append(m.cuts, c), p, c.last, samples
	m.at++
	m.bench.advance(float64(m.at) / float64(m.source.Len()))
	return nil
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
		if m.tracks[n].takes {
			past = min(past, m.tracks[n].done)
		}
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

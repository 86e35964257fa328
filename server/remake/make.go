package remake

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
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
	size, err := size(source, rungs)
	if err != nil {
		return 0, err
	}
	to, err := b.config.Shelf.Add(source, size)
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

// lacking returns the rungs to make. They are smaller than the picture ever was: players take a rung that ends where the picture became small for
// the end of the recording.
func (b *Bench) lacking(source Source) ([]Rung, error) {
	if source.Len() == 0 || source.Sessions() > SessionsMax {
		return nil, nil
	}
	t, err := pack.ReadTrack(source.Smallest())
	if err != nil {
		return nil, err
	}
	_, free := source.Free()
	return b.config.Ladder.Lacking(source.Channel(), pictureOf(t), source.Rungs(), free), nil
}

// size is how many bytes rungs take at most: their rates are bounds.
func size(source Source, rungs []Rung) (bytes int64, err error) {
	first, _, _, err := source.Read(0)
	if err != nil {
		return 0, err
	}
	last, _, _, err := source.Read(source.Len() - 1)
	if err != nil {
		return 0, err
	}
	lasts := int64(last.StartUS-first.StartUS+uint64(last.DurationUS)) / 1_000_000
	for _, r := range rungs {
		bytes += lasts * int64(r.Kbit) * 1000 / 8
	}
	return bytes, nil
}

func pictureOf(t ingest.Track) Picture {
	width, height, rate := pack.Picture(t)
	return Picture{width, height, rate}
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
	err = m.bench.config.Ladder.Remake(ctx, Run{
		Source: m.whole, Picture: pictureOf(m.whole), Rungs: m.rungs, Next: m.next, Begins: m.begins, Frame: m.frame,
	})
	if err != nil {
		return err
	}
	for n := range m.tracks {
		if err := m.cutAll(n, true); err != nil {
			return err
		}
	}
	return nil
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

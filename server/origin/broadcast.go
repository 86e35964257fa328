package origin

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"shoal/id"
	"shoal/manifest"
	"shoal/manifest/sign"
	"shoal/segment"
	"shoal/server/event"
	"shoal/server/pack"
)

var (
	errSigner = errors.New("the signer is not the channel's identity")
	errPart   = errors.New("not a part that can be published")
)

// Broadcast is one epoch of one channel. Publish, Describe and End are called by one goroutine.
type Broadcast struct {
	// set once
	opening Opening
	origin  *Origin
	tracks  []*track // by number

	// owned by the publishing goroutine
	signing session
	next    *session  // announced, not yet signing
	nextAt  time.Time // when it will

	mu           sync.Mutex // guards the rest, and the tracks
	master       MasterWriter
	certificates [][]byte // newest last
	ended        time.Time
	declared     bool          // how long segments may be
	expected     time.Duration // the most that Expect said of it
	texts        []text
	rendered     map[rendering][]byte // playlists since the last change
	moved        chan struct{}        // closed, and replaced, when any track's part was published or the broadcast ended
}

// rendering names a rendered playlist. There are at most two per track and language of subtitles, and the multivariant one.
type rendering struct {
	master bool
	track  segment.Track
	text   string // the language of subtitles that go along with the track; "" is the track itself
	skip   bool
}

func newBroadcast(o *Origin, p Opening) (*Broadcast, error) {
	if p.Tracks < 1 || p.Tracks > segment.TracksMax {
		return nil, fmt.Errorf("a broadcast has 1 to %d tracks, this one has %d", segment.TracksMax, p.Tracks)
	}
	s, err := certify(p, p.Wall, 0)
	if err != nil {
		return nil, err
	}
	b := &Broadcast{
		opening: p, origin: o, master: p.Master, signing: s, certificates: [][]byte{s.record},
		rendered: make(map[rendering][]byte), moved: make(chan struct{}),
	}
	for n := range p.Tracks {
		b.tracks = append(b.tracks, newTrack(p, segment.Track(n)))
	}
	return b, nil
}

// Epoch returns the broadcast's epoch.
func (b *Broadcast) Epoch() uint64 { return b.opening.Epoch }

// Describe replaces how the multivariant playlist is written: the tracks' parameters have changed.
func (b *Broadcast) Describe(master MasterWriter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.master = master
	b.changed()
}

// Publish signs p, keeps it and tells of it. An error means that p was not published and that nothing may follow it
// on its track.
func (b *Broadcast) Publish(p pack.Part) error {
	if int(p.Track) >= len(b.tracks) || len(p.Data) == 0 || len(p.Data) > segment.PartSizeMax ||
		p.Duration < time.Microsecond || p.Duration > manifest.DurationMaxUS*time.Microsecond || p.Start < 0 || len(p.Init) == 0 {
		return fmt.Errorf("%w: track %d, %d bytes (at most %d: lower the bitrate), %v, init segment of %d bytes",
			errPart, p.Track, len(p.Data), segment.PartSizeMax, p.Duration, len(p.Init))
	}
	b.renew(p.Wall)
	t := b.tracks[p.Track]
	record := b.record(p, t)
	binary, digest, err := sign.Part(&record, b.signing.key)
	if err != nil {
		return err
	}
	b.mu.Lock()
	if !b.ended.IsZero() {
		b.mu.Unlock()
		return ErrOver
	}
	settled := b.settled()
	t.add(p, record, binary, b.origin.now())
	t.prev = digest
	b.declare()
	b.changed()
	if settled {
		t.wakeAll()
	} else { // whoever wants the multivariant playlist waits for all tracks
		b.wakeAll()
	}
	b.move()
	b.mu.Unlock()
	b.origin.facts.Publish(event.PartPublished{
		Channel: b.opening.Channel, Part: record.Name(), MSN: p.MSN, Index: p.Index, Manifest: binary,
	})
	return nil
}

// Rest says that nothing is to be expected of a track for now: who waits for it is told that it is not found, and playlists leave
// it out, until its next part is published.
func (b *Broadcast) Rest(n segment.Track) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.find(n); t != nil && !t.window.Resting {
		t.window.Resting = true
		b.declare()
		b.changed()
		b.wakeAll() // whoever wants the multivariant playlist waits for it, too
	}
}

// record describes p as the next part of t.
func (b *Broadcast) record(p pack.Part, t *track) manifest.Part {
	size := segment.PieceSize(len(p.Data))
	hashes := make([]id.Digest, 0, segment.Pieces(len(p.Data), size))
	for from := 0; from < len(p.Data); from += size {
		hashes = append(hashes, sha256.Sum256(p.Data[from:min(from+size, len(p.Data))]))
	}
	return manifest.Part{
		Channel: b.opening.Channel, Epoch: b.opening.Epoch, Track: p.Track, Seq: t.next, Prev: t.prev,
		Independent: p.Independent, Discontinuity: p.Discontinuity,
		MSN: p.MSN, Index: uint16(p.Index), Init: t.digestInit(p.Init),
		WallMS: uint64(p.Wall.UnixMilli()), StartUS: uint64(p.Start.Microseconds()), DurationUS: uint32(p.Duration.Microseconds()),
		Length: uint32(len(p.Data)), PieceSize: uint32(size), Hashes: hashes,
	}
}

// End closes the broadcast: each track gets its end record, playlists get ENDLIST, whoever waits is woken. A second End
// does nothing.
func (b *Broadcast) End() error {
	ends, err := b.end()
	for _, fact := range ends {
		b.origin.facts.Publish(fact)
	}
	return err
}

func (b *Broadcast) end() (ends []event.PartPublished, failed error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.ended.IsZero() {
		return nil, nil
	}
	b.ended = b.origin.now()
	for _, t := range b.tracks {
		t.window.Ended = true
		last := t.last()
		if last == nil {
			continue
		}
		record := last.end(t)
		binary, _, err := sign.Part(&record, b.signing.key)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("end of track %d: %w", record.Track, err))
			continue
		}
		t.endRecord = binary
		ends = append(ends, event.PartPublished{
			Channel: b.opening.Channel, Part: record.Name(), MSN: record.MSN, Index: int(record.Index), Manifest: binary,
		})
	}
	b.changed()
	b.wakeAll()
	b.move()
	return ends, failed
}

// renew replaces the session key in time for a part at wall. A failure is logged and tried again with the next part:
// the key in use has hours left.
func (b *Broadcast) renew(wall time.Time) {
	if b.next == nil && b.signing.dueAt(wall) {
		s, err := certify(b.opening, wall, b.minSeq())
		if err != nil {
			b.origin.log.Error("cannot certify the next session key", "channel", b.opening.Name, "err", err)
			return
		}
		b.next, b.nextAt = &s, wall.Add(Overlap)
		b.mu.Lock()
		b.certificates = append(b.certificates[max(0, len(b.certificates)-certificatesMax+1):], s.record)
		b.mu.Unlock()
		b.origin.facts.Publish(event.CertificateSigned{Channel: b.opening.Channel, Certificate: s.record})
	}
	if b.next != nil && (!wall.Before(b.nextAt) || !b.signing.usableAt(wall)) {
		b.signing, b.next = *b.next, nil
	}
}

// minSeq is the lowest seq that any track will sign next.
func (b *Broadcast) minSeq() uint64 {
	lowest := ^uint64(0)
	for _, t := range b.tracks {
		lowest = min(lowest, t.next)
	}
	return lowest
}

// wakeAll tells whoever waits for any track to look again. The caller holds mu.
func (b *Broadcast) wakeAll() {
	for _, t := range b.tracks {
		t.wakeAll()
	}
}

// move tells whoever is sent stripes to look again. The caller holds mu.
func (b *Broadcast) move() {
	close(b.moved)
	b.moved = make(chan struct{})
}

// changed forgets rendered playlists. The caller holds mu.
func (b *Broadcast) changed() { clear(b.rendered) }

// drop forgets what the broadcast keeps beside its bytes: nobody finds it any more.
func (b *Broadcast) drop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.tracks {
		for _, s := range t.parts {
			s.drop()
			s.asked = sheetAfter // who found it a moment ago makes no new one
		}
	}
}

// sweep drops expired parts and reports whether the broadcast is still to be kept.
func (b *Broadcast) sweep(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.tracks {
		t.expire(now)
	}
	return b.ended.IsZero() || now.Sub(b.ended) < EndedKeep
}

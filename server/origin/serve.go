package origin

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"shoal/id"
	"shoal/segment"
	"shoal/server/pack"
)

// InitDigits is how many hexadecimal digits of its SHA-256 name an init segment in an address.
const InitDigits = 32

// Reload is what a media playlist is asked for. The zero Reload asks for what there is.
type Reload struct {
	Blocking bool
	MSN      uint64
	Part     int    // negative asks for the whole segment
	Skip     bool   // leave out what the asker has
	Text     string // subtitles in this language that go along with the track, instead of it
}

// After how many parts of one track the multivariant playlist no longer waits.
const (
	// waitedParts is for a silent track (players read it once, so a track that comes later is never seen) and one that lags.
	waitedParts = 6
	// settledParts is for a first segment that key frames make long: how long it is tells what to declare.
	settledParts = 10
)

// Master returns the multivariant playlist of the channel's newest broadcast, as soon as every track has a segment: players
// that know nothing of parts find no stream in playlists without one, and give up.
func (o *Origin) Master(ctx context.Context, name id.Name) ([]byte, error) {
	b, err := o.newest(name)
	if err != nil {
		return nil, err
	}
	var text []byte
	err = o.hold(ctx, b, 0, func() (bool, error) {
		if !b.settled() {
			return false, nil
		}
		text = b.render(rendering{master: true})
		return text != nil, nil
	})
	return text, err
}

// Media returns the media playlist of a track of the channel's newest broadcast. It waits for what r asks for:
// ErrTooFar, ErrTimeout and ErrBusy say why it did not come.
func (o *Origin) Media(ctx context.Context, name id.Name, n segment.Track, r Reload) ([]byte, error) {
	b, err := o.newest(name)
	if err != nil {
		return nil, err
	}
	var text []byte
	err = o.hold(ctx, b, n, func() (done bool, err error) {
		text, err = b.media(n, r)
		return text != nil, err
	})
	return text, err
}

// Waits reports whether Media would wait now.
func (o *Origin) Waits(name id.Name, n segment.Track, r Reload) bool {
	b, err := o.newest(name)
	if err != nil {
		return false
	}
	done, _, _, err := b.look(n, func() (bool, error) {
		text, err := b.media(n, r)
		return text != nil, err
	})
	return !done && err == nil
}

// media returns what r asks for of track n, or nil if it is not there yet. The caller holds mu.
func (b *Broadcast) media(n segment.Track, r Reload) ([]byte, error) {
	t := b.find(n)
	if r.Text != "" && b.text(r.Text) == nil {
		return nil, ErrNotFound
	}
	if t == nil || len(t.window.Entries) == 0 || t.window.Resting {
		return nil, nil
	}
	if r.Blocking && !t.window.Reached(r.MSN, r.Part) {
		if t.window.TooFar(r.MSN, r.Part, AheadMax) {
			return nil, ErrTooFar
		}
		return nil, nil
	}
	return b.render(rendering{track: n, text: r.Text, skip: r.Skip}), nil
}

// Part returns a part's bytes. For the part that playlists hint at, the next one, it waits.
func (o *Origin) Part(ctx context.Context, name id.Name, p segment.Part) (*Content, error) {
	var c *Content
	err := o.await(ctx, name, p, func(b *Broadcast, t *track, s *stored) error {
		if s == nil {
			return ErrNotFound
		}
		c = newContent(b, p.Track, s.data)
		c.sheets = []*sheet{s.sheeted(&o.sheets)}
		return nil
	})
	return c, err
}

// Manifest returns a part's signed record (manifest.Part). For the next part it waits; after the last one stands the
// end record.
func (o *Origin) Manifest(ctx context.Context, name id.Name, p segment.Part) ([]byte, error) {
	var record []byte
	err := o.await(ctx, name, p, func(_ *Broadcast, t *track, s *stored) error {
		switch {
		case s != nil:
			record = s.record
		case p.Seq == t.next && t.endRecord != nil:
			record = t.endRecord
		default:
			return ErrNotFound
		}
		return nil
	})
	return record, err
}

// Segment returns the bytes of a finished segment: its parts, one after the other.
func (o *Origin) Segment(name id.Name, epoch uint64, n segment.Track, msn uint64) (*Content, error) {
	b, err := o.epoch(name, epoch)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.find(n)
	if t == nil {
		return nil, ErrNotFound
	}
	parts := t.segment(msn)
	if parts == nil {
		return nil, ErrNotFound
	}
	pieces, sheets := make([][]byte, len(parts)), make([]*sheet, len(parts))
	for i, s := range parts {
		pieces[i], sheets[i] = s.data, s.sheeted(&o.sheets)
	}
	c := newContent(b, n, pieces...)
	c.sheets = sheets
	return c, nil
}

// Init returns the init segment whose SHA-256 begins with these InitDigits digits, of any broadcast that is kept.
func (o *Origin) Init(name id.Name, digits string) (*Content, error) {
	if len(digits) != InitDigits {
		return nil, ErrNotFound
	}
	o.mu.RLock()
	kept := slices.Clone(o.channels[o.names[name]])
	o.mu.RUnlock()
	for _, b := range slices.Backward(kept) {
		if c := b.findInit(digits); c != nil {
			return c, nil
		}
	}
	return nil, ErrNotFound
}

// Certificate returns the certificates of an epoch's session keys, newest last, one after the other
// (manifest.CertificateSize bytes each).
func (o *Origin) Certificate(name id.Name, epoch uint64) ([]byte, error) {
	b, err := o.epoch(name, epoch)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Concat(b.certificates...), nil
}

// Kept returns a part's record, bytes and init segment, which are not to be changed, if they are still kept. It never waits.
func (o *Origin) Kept(channel id.Channel, part segment.Part) (record, data, init []byte, ok bool) {
	o.mu.RLock()
	kept := o.channels[channel]
	o.mu.RUnlock()
	for _, b := range kept {
		if b.opening.Epoch != part.Epoch {
			continue
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if t := b.find(part.Track); t != nil {
			if s := t.part(part.Seq); s != nil {
				return s.record, s.data, s.init, true
			}
		}
		break
	}
	return nil, nil, nil, false
}

// find returns track n, or nil. The caller holds mu.
func (b *Broadcast) find(n segment.Track) *track {
	if int(n) >= len(b.tracks) {
		return nil
	}
	return b.tracks[n]
}

// settled reports whether every track has a segment, or is not worth waiting for. The caller holds mu.
func (b *Broadcast) settled() bool {
	first := b.furthest()
	waits := func(t *track) bool { return !t.whole && !t.window.Resting && (t == first || first.next < waitedParts) }
	return !slices.ContainsFunc(b.tracks, waits) || first.next >= settledParts || !b.ended.IsZero()
}

// furthest is the track that has most parts. The caller holds mu.
func (b *Broadcast) furthest() *track {
	return slices.MaxFunc(b.tracks, func(x, y *track) int { return cmp.Compare(x.next, y.next) })
}

// render returns a playlist, or nil while there is nothing to name. The caller holds mu.
func (b *Broadcast) render(r rendering) []byte {
	if text := b.rendered[r]; text != nil {
		return text
	}
	windows := b.windows()
	var text []byte
	switch {
	case r.master:
		text = b.master(windows, b.languages())
	case r.text != "":
		text = pack.TextPlaylist(windows, r.track, r.text, pack.Options{Skip: r.skip})
	default:
		text = pack.MediaPlaylist(windows, r.track, pack.Options{Skip: r.skip})
	}
	if text != nil {
		b.rendered[r] = text
	}
	return text
}

// windows returns those of all tracks, by number. The caller holds mu.
func (b *Broadcast) windows() []pack.Window {
	all := make([]pack.Window, len(b.tracks))
	for i, t := range b.tracks {
		all[i] = t.window
	}
	return all
}

func (b *Broadcast) findInit(digits string) *Content {
	b.mu.Lock()
	defer b.mu.Unlock()
	for n, t := range b.tracks {
		for _, s := range slices.Backward(t.parts) {
			if strings.HasPrefix(s.manifest.Init.String(), digits) {
				return newContent(b, segment.Track(n), s.init)
			}
		}
	}
	return nil
}

package still

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"shoal/server/ingest"
	"shoal/server/pack"
)

// stillsOf makes the stills of a recording.
func (d *Desk) stillsOf(ctx context.Context, film Film) (Stills, error) {
	chosen := choose(film)
	if len(chosen) == 0 {
		return Stills{}, nil
	}
	m := &maker{desk: d, film: film}
	for _, n := range chosen {
		if err := m.take(ctx, n); err != nil {
			return Stills{}, err
		}
	}
	if err := m.flush(ctx); err != nil {
		return Stills{}, err
	}
	if len(m.tiles) == 0 {
		return Stills{}, nil // nothing can be decoded, today or tomorrow
	}
	return m.stills(ctx, chosen)
}

// choose returns the key frames that become tiles.
func choose(film Film) (chosen []int) {
	every := max(TileEvery, film.Lasts()/TilesMax)
	next := time.Duration(0)
	for n := range film.Len() {
		if at := film.At(n); len(chosen) == 0 || at >= next {
			chosen, next = append(chosen, n), at+every
		}
		if len(chosen) == TilesMax {
			break
		}
	}
	return chosen
}

// maker goes through a recording. Key frames of one form are developed together.
type maker struct {
	desk  *Desk
	film  Film
	size  size // of all tiles: the first one's
	init  []byte
	track ingest.Track
	keys  [][]byte
	at    []time.Duration
	tiles []tile
	made  []*image.YCbCr
	took  time.Duration // of the processor, so far
}

// patience is how much processor time a recording's stills may take: what is hard to decode, or made to be, has those that were made
// until then. A still usually takes a hundredth of a second.
const patience = 5 * time.Minute

// batch is how many key frames a worker develops at once.
const batch = 24

func (m *maker) take(ctx context.Context, n int) error {
	if m.took > patience {
		return nil
	}
	init, part, err := m.film.Read(n)
	if err != nil {
		return err // it was deleted, or the disk fails
	}
	t, key, err := keyOf(init, part)
	if err != nil {
		return nil // this one is left out
	}
	if len(m.keys) == batch || len(m.keys) > 0 && !bytes.Equal(init, m.init) {
		if err := m.flush(ctx); err != nil {
			return err
		}
	}
	if m.size == (size{}) {
		width, height, _ := pack.Picture(t)
		m.size = fit(width, height, size{tileWidth, tileHeight})
	}
	m.init, m.track = init, t
	m.keys, m.at = append(m.keys, key), append(m.at, m.film.At(n))
	return nil
}

// flush develops what was taken.
func (m *maker) flush(ctx context.Context) error {
	if len(m.keys) == 0 {
		return nil
	}
	all, took, err := m.desk.config.Darkroom.Develop(ctx, m.track, m.keys, m.size.width, m.size.height)
	m.took += took
	if err != nil && (ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded)) {
		return err // later there may be time for it
	}
	for i, p := range all {
		if p != nil {
			m.tiles, m.made = append(m.tiles, tile{m.at[i]}), append(m.made, p)
		}
	}
	m.keys, m.at = nil, nil
	return nil
}

// posterAt is where in a recording its poster is looked for: beginnings are often black.
const posterAt = 0.2

// stills puts tiles on sheets, and makes the poster.
func (m *maker) stills(ctx context.Context, chosen []int) (s Stills, err error) {
	for from := 0; from < len(m.made); from += tilesOnSheet {
		b, err := sheet(m.made[from:min(from+tilesOnSheet, len(m.made))], m.size)
		if err != nil {
			return Stills{}, err
		}
		s.Sheets = append(s.Sheets, b)
	}
	m.tiles[0].at = 0 // what is before the first one looks like it
	s.Track = track(m.tiles, m.film.Lasts(), m.size, 0, SheetName)
	init, part, err := m.film.Read(chosen[int(posterAt*float64(len(chosen)))])
	if err != nil {
		return Stills{}, err
	}
	t, key, err := keyOf(init, part)
	if err == nil {
		width, height, _ := pack.Picture(t)
		large := fit(width, height, size{posterWidth, posterHeight})
		var all []*image.YCbCr
		all, _, err = m.desk.config.Darkroom.Develop(ctx, t, [][]byte{key}, large.width, large.height)
		if err == nil && all[0] != nil {
			s.Poster, err = encode(all[0], posterQuality)
			return s, err
		}
	}
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		return Stills{}, err
	}
	s.Poster, err = encode(m.made[0], posterQuality) // smaller, and there
	return s, err
}

// SheetName is the address of a sheet of a recording.
func SheetName(sheet int) string { return fmt.Sprintf("tiles-%d.jpg", sheet) }

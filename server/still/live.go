package still

import (
	"context"
	"fmt"
	"image"
	"time"

	"shoal/id"
	"shoal/server/ingest"
	"shoal/server/pack"
)

// album is what there is of a running broadcast.
type album struct {
	epoch   uint64
	started time.Time
	size    size
	poster  []byte
	made    time.Time // when the poster was
	tiles   []tile    // from the start of a sheet on
	sheets  [][]byte  // of tiles, the last one is open
	open    []*image.YCbCr
	gone    int // sheets that were forgotten
	newest  time.Duration
}

// every is how far apart the tiles of what is running are.
func (d *Desk) every() time.Duration {
	if d.config.Rewind == 0 {
		return PosterEvery
	}
	return max(tileEveryLive, d.config.Rewind/(TilesMax-tilesOnSheet))
}

// take makes a still of a running broadcast if it is due.
func (d *Desk) take(ctx context.Context, show Show) {
	r := d.resting[show.Channel]
	if r == nil {
		if len(d.resting) >= AlbumsMax {
			return
		}
		r = &rest{}
		d.resting[show.Channel] = r
	}
	if d.now().Before(r.due) {
		return
	}
	init, part, wall, ok := d.config.Live.Newest(show.Channel, show.Epoch)
	if !ok {
		return // its first key frame is yet to come, or it has no picture
	}
	took, err := d.add(ctx, show, init, part, wall)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		r.bad(d.now())
		d.config.Log.Warn("a still of a broadcast cannot be made", "channel", string(show.Name), "again_after", r.failed, "err", err)
		return
	}
	r.well(d.now(), d.every(), took)
}

// add makes a still and puts it into the album.
func (d *Desk) add(ctx context.Context, show Show, init, part []byte, wall time.Time) (took time.Duration, err error) {
	t, key, err := keyOf(init, part)
	if err != nil {
		return 0, err
	}
	width, height, _ := pack.Picture(t)
	large := fit(width, height, size{posterWidth, posterHeight})
	made, took, err := d.config.Darkroom.Develop(ctx, t, [][]byte{key}, large.width, large.height)
	if err != nil {
		return took, err
	}
	if made[0] == nil {
		return took, errNoPicture
	}
	poster, err := encode(made[0], posterQuality)
	if err != nil {
		return took, err
	}
	small := fit(width, height, size{tileWidth, tileHeight})
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.albums[show.Channel]
	if a == nil || a.epoch != show.Epoch {
		a = &album{epoch: show.Epoch, started: show.Started}
		d.albums[show.Channel] = a
	}
	a.poster, a.made = poster, d.now()
	if d.config.Rewind > 0 {
		err = a.append(smaller(made[0], small), small, wall.Sub(show.Started), d.config.Rewind)
	}
	return took, err
}

// keyOf reads what key frame a part begins with.
func keyOf(init, part []byte) (t ingest.Track, key []byte, err error) {
	if t, err = pack.ReadTrack(init); err != nil {
		return t, nil, err
	}
	key, err = pack.KeyFrame(t, part)
	return t, key, err
}

// append adds a tile. A picture that comes in another form begins the storyboard anew: tiles are of one size.
func (a *album) append(p *image.YCbCr, s size, at, keep time.Duration) error {
	at = max(at, 0)
	if len(a.tiles) > 0 && at <= a.newest {
		return nil // no newer key frame came
	}
	if s != a.size {
		a.gone += len(a.sheets)
		a.tiles, a.sheets, a.open, a.size = nil, nil, nil, s
	}
	if len(a.open) == tilesOnSheet {
		a.open = nil
	}
	if len(a.open) == 0 {
		a.sheets = append(a.sheets, nil)
	}
	a.tiles, a.open, a.newest = append(a.tiles, tile{at}), append(a.open, p), at
	b, err := sheet(a.open, s)
	a.sheets[len(a.sheets)-1] = b
	for len(a.sheets) > 1 && (len(a.tiles) > TilesMax || a.tiles[tilesOnSheet].at < at-keep) {
		a.tiles, a.sheets = a.tiles[tilesOnSheet:], a.sheets[1:]
		a.gone++
	}
	return err
}

// LiveName is the address of a sheet of what is running, when it had so many tiles: what it names does not change.
func LiveName(sheet, tiles int) string { return fmt.Sprintf("tiles-%d-%d.jpg", sheet, tiles) }

// TrackName is the address of a storyboard.
const TrackName = "storyboard.vtt"

// Poster returns the poster of what is running, and when it was made.
func (d *Desk) Poster(channel id.Channel) (jpeg []byte, made time.Time, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.albums[channel]
	if a == nil || a.poster == nil {
		return nil, time.Time{}, false
	}
	return a.poster, a.made, true
}

// Track returns the storyboard of what is running, whose times count from its start.
func (d *Desk) Track(channel id.Channel, epoch uint64) ([]byte, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.albums[channel]
	if a == nil || a.epoch != epoch || len(a.tiles) == 0 {
		return nil, false
	}
	name := func(n int) string {
		if n == a.gone+len(a.sheets)-1 {
			return LiveName(n, len(a.open))
		}
		return LiveName(n, tilesOnSheet)
	}
	return track(a.tiles, a.newest+d.every(), a.size, a.gone*tilesOnSheet, name), true
}

// Sheet returns a sheet of what is running, with at least as many tiles as its name says.
func (d *Desk) Sheet(channel id.Channel, epoch uint64, name string) ([]byte, bool) {
	var n, tiles int
	if _, err := fmt.Sscanf(name, "tiles-%d-%d.jpg", &n, &tiles); err != nil || LiveName(n, tiles) != name {
		return nil, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.albums[channel]
	if a == nil || a.epoch != epoch || n < a.gone || n >= a.gone+len(a.sheets) || tiles < 1 || tiles > tilesOnSheet {
		return nil, false
	}
	if n == a.gone+len(a.sheets)-1 && tiles > len(a.open) {
		return nil, false
	}
	return a.sheets[n-a.gone], true
}

package peer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"shoal/id"
	"shoal/manifest"
	"shoal/peer/door"
	"shoal/segment"
	"shoal/swarm"
)

const (
	// wholeWithin bounds a request for a whole part or init segment: the origin may hold one that is not made yet.
	wholeWithin = 8 * time.Second
	// initMax bounds an init segment.
	initMax = 64 << 10
	// initAgain is the pause before an init segment is asked for again.
	initAgain = 500 * time.Millisecond
)

var errAnswer = errors.New("the origin's answer is not what was asked for")

// mediaPath is where a part lies under the channel's HLS folder.
func mediaPath(p segment.Part) string { return fmt.Sprintf("%d/%d/p%d.m4s", p.Epoch, p.Track, p.Seq) }

// fetch gets pieces from the origin, and reports each as it comes: of the stripes that are streamed those that the inflow
// brings, all others by range.
func (b *body) fetch(o swarm.Fetch) {
	h := b.store.parts[o.Part]
	if h == nil || o.From < 0 || o.From >= o.To || o.To > len(h.have) || b.fetches >= fetchesMax {
		b.step(swarm.Fetched{Ref: o.Ref, Failed: true})
		return
	}
	b.fetches++
	shape := *h // what it holds goes on changing
	w, others := b.stripes.serve(o, len(h.have))
	b.wg.Go(func() {
		ctx, cancel := context.WithTimeout(b.ctx, time.Duration(o.Within)*time.Millisecond)
		defer cancel()
		var aside error
		var wg sync.WaitGroup
		wg.Go(func() { aside = b.ranges(ctx, o, shape, others) })
		began := time.Now()
		missing := b.streamed(ctx, o, w)
		err := b.ranges(ctx, o, shape, missing)
		wg.Wait()
		if len(others)+len(missing) == 0 {
			_ = rest(ctx, b.stripes.usual()-time.Since(began))
		}
		b.post(b.ctx, func() {
			b.fetches--
			b.step(swarm.Fetched{Ref: o.Ref, Failed: err != nil || aside != nil})
		})
	})
}

// streamed reports the pieces that come by inflow, and returns those that do not come soon.
func (b *body) streamed(ctx context.Context, o swarm.Fetch, w *wait) (missing []int) {
	if w.n == 0 {
		return nil
	}
	timer := time.NewTimer(stripesWait)
	defer timer.Stop()
	deliver := func(c came) { b.post(b.ctx, func() { b.arrived(id.Origin, o.Part, c.piece, c.data) }) }
	for ; w.n > 0; w.n-- {
		select {
		case c := <-w.got:
			deliver(c)
			continue
		case <-timer.C:
		case <-w.lost:
		case <-ctx.Done():
		}
		break
	}
	missing = b.stripes.leave(o, w)
	for len(w.got) > 0 { // nothing is put there any more
		deliver(<-w.got)
	}
	return missing
}

// ranges asks for pieces, each run of neighbours in one request.
func (b *body) ranges(ctx context.Context, o swarm.Fetch, h held, pieces []int) (failed error) {
	for len(pieces) > 0 {
		n := 1
		for n < len(pieces) && pieces[n] == pieces[0]+n {
			n++
		}
		o.From, o.To = pieces[0], pieces[0]+n
		began := time.Now()
		if err := b.pieces(ctx, o, h.pieceSize, o.From*h.pieceSize, min(o.To*h.pieceSize, h.length)); err != nil {
			failed = err
		} else {
			b.stripes.timed(time.Since(began))
		}
		pieces = pieces[n:]
	}
	return failed
}

// pieces reads bytes from to to-1 of a part. It runs on its own goroutine.
func (b *body) pieces(ctx context.Context, o swarm.Fetch, pieceSize, from, to int) error {
	res, err := b.get(ctx, mediaPath(o.Part), from, to)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	for piece := o.From; piece < o.To; piece++ {
		data := make([]byte, min(pieceSize, to-piece*pieceSize))
		n, err := io.ReadFull(res.Body, data)
		if err != nil {
			b.post(b.ctx, func() { b.stats.OriginBytes += uint64(n) })
			return err
		}
		b.post(b.ctx, func() {
			b.stats.OriginBytes += uint64(n)
			b.arrived(id.Origin, o.Part, piece, data)
		})
	}
	return nil
}

// fetchRecord asks the origin for a part's record, which it holds back till it is made.
func (b *body) fetchRecord(o swarm.FetchRecord) {
	b.wg.Go(func() {
		data, err := b.whole(fmt.Sprintf("%d/%d/m%d", o.Part.Epoch, o.Part.Track, o.Part.Seq), manifest.PartSizeMax)
		b.post(b.ctx, func() {
			if err == nil {
				b.step(swarm.Offered{From: id.Origin, Digest: sha256.Sum256(data), Data: data})
			}
			b.step(swarm.Fetched{Ref: o.Ref, Failed: err != nil})
		})
	})
}

// get asks the origin for a file, or bytes from to to-1 of it if to is not 0.
func (b *body) get(ctx context.Context, path string, from, to int) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.place.Media(path), nil)
	if err != nil {
		return nil, err
	}
	want := http.StatusOK
	if to > 0 {
		want = http.StatusPartialContent
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", from, to-1))
	}
	res, err := b.client.Do(req)
	if err != nil {
		return nil, door.Plain(err)
	}
	if res.StatusCode != want || to > 0 && res.ContentLength != int64(to-from) {
		_ = res.Body.Close()
		return nil, errAnswer
	}
	return res, nil
}

// whole reads a file of at most limit bytes. It runs on its own goroutine.
func (b *body) whole(path string, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(b.ctx, wholeWithin)
	defer cancel()
	res, err := b.get(ctx, path, 0, 0)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errAnswer
	}
	return data, err
}

// fetchWhole gets a part for the player directly, as a plain viewer does.
func (b *body) fetchWhole(part segment.Part) {
	b.wg.Go(func() {
		data, err := b.whole(mediaPath(part), segment.PartSizeMax)
		b.post(b.ctx, func() {
			b.stats.OriginBytes += uint64(len(data))
			if err != nil {
				b.player.missed(part)
				return
			}
			b.show(part, data)
		})
	})
}

// needInit gets an init segment unless it is here or on its way.
func (b *body) needInit(d id.Digest) {
	if !b.screen.needs(d) {
		return
	}
	b.wg.Go(func() {
		for {
			data, err := b.whole("i"+d.String()[:32]+".mp4", initMax)
			if err == nil && id.Digest(sha256.Sum256(data)) == d {
				b.post(b.ctx, func() {
					b.stats.OriginBytes += uint64(len(data))
					b.screen.init(d, data)
				})
				return
			}
			if rest(b.ctx, initAgain) != nil {
				return
			}
		}
	})
}

// arrived takes in bytes that say they are a piece.
func (b *body) arrived(from id.Peer, part segment.Part, piece int, data []byte) {
	c := claim{part, piece, from}
	if !b.store.claim(c, data) {
		b.stats.DuplicateBytes += uint64(len(data))
		return
	}
	b.step(swarm.Arrived{From: from, Part: part, Piece: piece, Size: len(data)})
}

package peer

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"shoal/peer/door"
	"shoal/segment"
	"shoal/wire"
)

const (
	// inflowBackFirst and inflowBackMost bound the pause before an inflow that failed is opened again. One that lasted longer
	// ended in good order, and is opened again at once.
	inflowBackFirst = time.Second
	inflowBackMost  = 8 * time.Second
	// inflowQuiet is how long nothing may come before an inflow is dead: two and a half of its empty frames.
	inflowQuiet = 25 * time.Second
	// fromHeader names the seq of the first part of each track that an inflow carries.
	fromHeader = "Shoal-From"
)

var (
	errNoStripes = errors.New("the origin has no such stripes")
	errFrame     = errors.New("the origin's stripes are malformed")
)

// inflow is one long answer of the origin that carries stripes, opened as often as it takes.
type inflow struct {
	// set once
	stripes *stripes
	epoch   uint64
	mask    uint16
	of      segment.Tracks
	cancel  context.CancelFunc

	// guarded by the stripes' mu; of the answer that is open
	from  []uint64                 // by track: parts from this seq on are carried
	last  [segment.TracksMax]int64 // by track, the place of the newest piece that came: see at
	ended chan struct{}            // closed with the answer
	hang  context.CancelFunc       // ends the answer, not the inflow
}

// run opens the inflow again and again until ctx is done, another one is wanted, or the origin has none.
func (f *inflow) run(ctx context.Context) {
	var back time.Duration
	for {
		began := time.Now()
		err := f.answer(ctx)
		if ctx.Err() != nil || errors.Is(err, errNoStripes) || !f.wanted() {
			return
		}
		if time.Since(began) > inflowBackMost {
			if back = 0; err == nil {
				continue
			}
		}
		f.stripes.body.log.Info("the origin's stripes ended", "err", err)
		back = min(max(2*back, inflowBackFirst), inflowBackMost)
		if rest(ctx, back) != nil {
			return
		}
	}
}

// answer opens one answer and takes in what it brings, until it ends.
func (f *inflow) answer(ctx context.Context) error {
	ctx, hang := context.WithCancel(ctx)
	defer hang()
	quiet := time.AfterFunc(inflowQuiet, hang)
	defer quiet.Stop()
	b, began := f.stripes.body, time.Now()
	address := b.place.Media(fmt.Sprintf("%d/stripes/%04x", f.epoch, f.mask))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	if f.of != segment.AllTracks {
		query := req.URL.Query() // it may hold a pass
		query.Set("tracks", fmt.Sprintf("%02x", uint8(f.of)))
		req.URL.RawQuery = query.Encode()
	}
	res, err := b.client.Do(req)
	if err != nil {
		return door.Plain(err)
	}
	defer res.Body.Close()
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return errNoStripes
	default:
		return errAnswer
	}
	from, err := parseFrom(res.Header.Get(fromHeader))
	if err != nil {
		return err
	}
	f.stripes.timed(time.Since(began))
	f.begin(from, hang)
	defer f.end()
	in := bufio.NewReaderSize(res.Body, wire.MessageMax)
	for {
		message, err := readFrame(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		quiet.Reset(inflowQuiet)
		if len(message) == 0 {
			continue
		}
		part, piece, data, err := wire.ParsePiece(message)
		if err != nil {
			return err
		}
		b.post(ctx, func() { b.stats.OriginBytes += uint64(len(data)) })
		f.came(place{part, piece}, data)
	}
}

// begin makes the inflow the one that pieces come from.
func (f *inflow) begin(from []uint64, hang context.CancelFunc) {
	s := f.stripes
	s.mu.Lock()
	defer s.mu.Unlock()
	f.from, f.ended, f.hang = from, make(chan struct{}), hang
	for i := range f.last {
		f.last[i] = -1
	}
	if s.next != f {
		return // not wanted any more: its context is done
	}
	if s.open != nil {
		s.open.cancel()
	}
	s.open, s.next = f, nil
}

// end tells those who wait for the answer.
func (f *inflow) end() {
	s := f.stripes
	s.mu.Lock()
	defer s.mu.Unlock()
	close(f.ended)
	if s.open == f {
		s.open = nil
	}
}

// wanted reports whether the inflow is still what is to be streamed.
func (f *inflow) wanted() bool {
	s := f.stripes
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != f.epoch || s.mask != f.mask || s.of != f.of || s.next != nil && s.next != f {
		return false
	}
	s.next = f
	return true
}

func (f *inflow) came(p place, data []byte) {
	s := f.stripes
	s.mu.Lock()
	f.last[p.part.Track] = p.at()
	s.mu.Unlock()
	s.put(p, data)
}

// brings reports whether a piece that is not here will come: it travels on the stripes, its part is none of those from before
// the answer, and none that came after it is here. The caller holds mu.
func (f *inflow) brings(p place, count int) bool {
	track := int(p.part.Track)
	return p.part.Epoch == f.epoch && track < len(f.from) && p.part.Seq >= f.from[track] && p.at() > f.last[track] &&
		f.of.Has(p.part.Track) && f.mask&(1<<segment.Stripe(p.piece, count)) != 0
}

// at orders the pieces of a track as they come.
func (p place) at() int64 { return int64(p.part.Seq<<8) | int64(p.piece) }

// readFrame reads one frame: a PIECE message, or nothing.
func readFrame(in io.Reader) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(in, length[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n > wire.MessageMax {
		return nil, errFrame
	}
	message := make([]byte, n)
	if _, err := io.ReadFull(in, message); err != nil {
		return nil, fmt.Errorf("%w: cut off", errFrame)
	}
	return message, nil
}

// parseFrom reads the header that names the first part of each track.
func parseFrom(text string) (from []uint64, err error) {
	for field := range strings.SplitSeq(text, ",") {
		seq, err := strconv.ParseUint(field, 10, 64)
		if err != nil || len(from) == segment.TracksMax {
			return nil, errFrame
		}
		from = append(from, seq)
	}
	return from, nil
}

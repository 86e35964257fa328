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

	"shoal/segment"
	"shoal/wire"
)

const (
	// streamBackFirst and streamBackMost bound the pause before a stream that failed is opened again. One that lasted longer
	// ended in good order, and is opened again at once.
	streamBackFirst = time.Second
	streamBackMost  = 8 * time.Second
	// streamQuiet is how long nothing may come before a stream is dead: two and a half of its empty frames.
	streamQuiet = 25 * time.Second
	// fromHeader names the seq of the first part of each track that a stream carries.
	fromHeader = "Shoal-From"
)

var (
	errNoStripes = errors.New("the origin has no such stripes")
	errFrame     = errors.New("the origin's stripes are malformed")
)

// stream is one long answer of the origin that carries stripes, opened as often as it takes.
type stream struct {
	// set once
	stripes *stripes
	epoch   uint64
	mask    uint16
	cancel  context.CancelFunc

	// guarded by the stripes' mu; of the answer that is open
	from  []uint64                 // by track: parts from this seq on are carried
	last  [segment.TracksMax]int64 // by track, the place of the newest piece that came: see at
	ended chan struct{}            // closed with the answer
	hang  context.CancelFunc       // ends the answer, not the stream
}

// run opens the stream again and again until ctx is done, another one is wanted, or the origin has none.
func (st *stream) run(ctx context.Context) {
	var back time.Duration
	for {
		began := time.Now()
		err := st.answer(ctx)
		if ctx.Err() != nil || errors.Is(err, errNoStripes) || !st.wanted() {
			return
		}
		if time.Since(began) > streamBackMost {
			if back = 0; err == nil {
				continue
			}
		}
		st.stripes.body.log.Info("the origin's stripes ended", "err", err)
		back = min(max(2*back, streamBackFirst), streamBackMost)
		if rest(ctx, back) != nil {
			return
		}
	}
}

// answer opens one answer and takes in what it brings, until it ends.
func (st *stream) answer(ctx context.Context) error {
	ctx, hang := context.WithCancel(ctx)
	defer hang()
	quiet := time.AfterFunc(streamQuiet, hang)
	defer quiet.Stop()
	b, began := st.stripes.body, time.Now()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.place.Media(fmt.Sprintf("%d/stripes/%04x", st.epoch, st.mask)), nil)
	if err != nil {
		return err
	}
	res, err := b.client.Do(req)
	if err != nil {
		return err
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
	st.stripes.timed(time.Since(began))
	st.begin(from, hang)
	defer st.end()
	in := bufio.NewReaderSize(res.Body, wire.MessageMax)
	for {
		message, err := readFrame(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		quiet.Reset(streamQuiet)
		if len(message) == 0 {
			continue
		}
		part, piece, data, err := wire.ParsePiece(message)
		if err != nil {
			return err
		}
		b.post(ctx, func() { b.stats.OriginBytes += uint64(len(data)) })
		st.came(place{part, piece}, data)
	}
}

// begin makes the stream the one that pieces come from.
func (st *stream) begin(from []uint64, hang context.CancelFunc) {
	s := st.stripes
	s.mu.Lock()
	defer s.mu.Unlock()
	st.from, st.ended, st.hang = from, make(chan struct{}), hang
	for i := range st.last {
		st.last[i] = -1
	}
	if s.next != st {
		return // not wanted any more: its context is done
	}
	if s.open != nil {
		s.open.cancel()
	}
	s.open, s.next = st, nil
}

// end tells those who wait for the answer.
func (st *stream) end() {
	s := st.stripes
	s.mu.Lock()
	defer s.mu.Unlock()
	close(st.ended)
	if s.open == st {
		s.open = nil
	}
}

// wanted reports whether the stream is still what is to be streamed.
func (st *stream) wanted() bool {
	s := st.stripes
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != st.epoch || s.mask != st.mask || s.next != nil && s.next != st {
		return false
	}
	s.next = st
	return true
}

func (st *stream) came(p place, data []byte) {
	s := st.stripes
	s.mu.Lock()
	st.last[p.part.Track] = p.at()
	s.mu.Unlock()
	s.put(p, data)
}

// brings reports whether a piece that is not here will come: it travels on the stripes, its part is none of those from before
// the answer, and none that came after it is here. The caller holds mu.
func (st *stream) brings(p place, count int) bool {
	track := int(p.part.Track)
	return p.part.Epoch == st.epoch && track < len(st.from) && p.part.Seq >= st.from[track] && p.at() > st.last[track] &&
		st.mask&(1<<segment.Stripe(p.piece, count)) != 0
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

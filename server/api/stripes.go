package api

import (
	"context"
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"
	"time"

	"shoal/id"
	"shoal/segment"
	"shoal/server/origin"
	"shoal/wire"
)

// Stripes sends a broadcast's stripes to those who seed them, until the broadcast or ctx ends.
type Stripes interface {
	Stripes(ctx context.Context, name id.Name, epoch uint64, stripes uint16, tracks segment.Tracks, to origin.Reader) error
}

const (
	// fromHeader names the seq of the first part of each track that an answer of stripes will carry: what is older has to be
	// asked for by range, and what is not is on its way.
	fromHeader = "Shoal-From"
	// takeWithin is how long a client may take to read one part's pieces. It is cut after that, and asks anew.
	takeWithin = 4 * time.Second
	// frameLength is the size in bytes of the length before each frame.
	frameLength = 4
)

// stripes answers with the pieces of some stripes as they are made.
func (a *API) stripes(w http.ResponseWriter, r *http.Request) {
	open(w)
	if !a.mayWatch(w, r) {
		return
	}
	name, epoch, ok := a.broadcast(w, r)
	if !ok {
		return
	}
	stripes, err := parseStripes(r.PathValue("stripes"))
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	tracks, err := parseTracks(r.URL.RawQuery)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	if r.Method == http.MethodHead { // an answer without a body would be held open for nothing
		a.refuse(w, r, errMalformed)
		return
	}
	to := &pour{a: a, w: w, control: http.NewResponseController(w)}
	err = a.held(r, func() error { return a.rooms.Stripes.Stripes(r.Context(), name, epoch, stripes, tracks, to) })
	if err != nil && !to.begun { // afterwards the end of the answer says it all
		a.refuse(w, r, err)
	}
}

// pour writes stripes into one answer.
type pour struct {
	a       *API
	w       http.ResponseWriter
	control *http.ResponseController
	begun   bool
	channel id.Channel
}

// Begin is of origin.Reader.
func (p *pour) Begin(channel id.Channel, next []uint64) error {
	p.begun, p.channel = true, channel
	from := make([]string, len(next))
	for i, seq := range next {
		from[i] = strconv.FormatUint(seq, 10)
	}
	h := p.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy that gathers bytes would make every piece late
	h.Set(fromHeader, strings.Join(from, ","))
	h.Add("Access-Control-Expose-Headers", fromHeader)
	p.w.WriteHeader(http.StatusOK)
	_, err := p.write()
	return err
}

// Take is of origin.Reader: each piece is a PIECE message behind its length.
func (p *pour) Take(part segment.Part, pieces []origin.Piece) error {
	frames := make([][]byte, 0, 2*len(pieces))
	for _, piece := range pieces {
		head := make([]byte, 0, frameLength+wire.PieceHeaderSize)
		head = binary.BigEndian.AppendUint32(head, uint32(wire.PieceHeaderSize+len(piece.Data)))
		frames = append(frames, wire.AppendPieceHeader(head, part, piece.Index), piece.Data)
	}
	n, err := p.write(frames...)
	p.a.rooms.Meter.Count(p.channel, part.Track, n)
	return err
}

// Rest is of origin.Reader: an empty frame, by which both sides know of each other.
func (p *pour) Rest() error {
	_, err := p.write(make([]byte, frameLength))
	return err
}

// write sends frames at once, within takeWithin, and returns how many bytes were taken.
func (p *pour) write(frames ...[]byte) (written int64, err error) {
	_ = p.control.SetWriteDeadline(p.a.config.Now().Add(takeWithin)) // a recorder in a test has none
	for _, frame := range frames {
		n, err := p.w.Write(frame)
		if written += int64(n); err != nil {
			return written, err
		}
	}
	err = p.control.Flush()
	_ = p.control.SetWriteDeadline(time.Time{}) // HTTP/2 ends an answer at its deadline also when nothing is being written
	return written, err
}

// parseTracks reads a set of tracks in its one spelling: nothing for all, or tracks= and two hexadecimal digits, not all 0.
func parseTracks(query string) (segment.Tracks, error) {
	if query == "" {
		return segment.AllTracks, nil
	}
	text, ok := strings.CutPrefix(query, "tracks=")
	n, err := strconv.ParseUint(text, 16, 8)
	if !ok || err != nil || n == 0 || len(text) != 2 || strings.ToLower(text) != text {
		return 0, errMalformed
	}
	return segment.Tracks(n), nil
}

// parseStripes reads a set of stripes in its one spelling: four hexadecimal digits, not all 0.
func parseStripes(text string) (uint16, error) {
	n, err := strconv.ParseUint(text, 16, 16)
	if err != nil || n == 0 || len(text) != 4 || strings.ToLower(text) != text {
		return 0, errNoRoute
	}
	return uint16(n), nil
}

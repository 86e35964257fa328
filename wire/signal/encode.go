package signal

import (
	"encoding/json"
	"strconv"

	"shoal/id"
	"shoal/segment"
)

// EncodeViewer returns the text frame of a viewer's message.
func EncodeViewer(m FromViewer) []byte {
	var w writer
	m.append(&w)
	return append(w.b, '}')
}

// EncodeTracker returns the text frame of a tracker's message.
func EncodeTracker(m FromTracker) []byte {
	var w writer
	m.append(&w)
	return append(w.b, '}')
}

// writer builds one flat object; the encoder that opened it closes it.
type writer struct{ b []byte }

func (w *writer) open(kind string) *writer {
	w.b = append(w.b, `{"t":"`...)
	w.b = append(w.b, kind...)
	w.b = append(w.b, '"')
	return w
}

func (w *writer) key(key string) {
	w.b = append(w.b, ',', '"')
	w.b = append(w.b, key...)
	w.b = append(w.b, '"', ':')
}

func (w *writer) text(key, s string) *writer {
	w.key(key)
	quoted, _ := json.Marshal(s) // a string always encodes
	w.b = append(w.b, quoted...)
	return w
}

func (w *writer) number(key string, n uint64) *writer {
	w.key(key)
	w.b = strconv.AppendUint(w.b, n, 10)
	return w
}

func (w *writer) peers(key string, peers []id.Peer) *writer {
	w.key(key)
	w.b = append(w.b, '[')
	for i, p := range peers {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(w.b, '"')
		w.b = append(w.b, p.String()...)
		w.b = append(w.b, '"')
	}
	w.b = append(w.b, ']')
	return w
}

func (w *writer) tracks(key string, set segment.Tracks) *writer {
	w.key(key)
	w.b = append(w.b, '[')
	for t := range segment.Track(segment.TracksMax) {
		if set.Has(t) {
			w.b = append(strconv.AppendUint(w.b, uint64(t), 10), ',')
		}
	}
	w.b[len(w.b)-1] = ']' // instead of the last comma: there is at least one track
	return w
}

func (w *writer) body(b Body) {
	w.text("kind", string(b.Kind)).text("data", b.Data)
	if b.Kind == Candidate {
		w.text("mid", b.Mid).number("line", uint64(b.Line))
	}
}

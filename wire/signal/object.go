package signal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"shoal/id"
	"shoal/segment"
)

type shape uint8

const (
	text   shape = 1
	number shape = 2
	list   shape = 3 // of texts, or empty
	counts shape = 4 // a list of numbers
)

type field struct {
	key   string
	shape shape
	text  string
	num   uint64
	list  []string
	nums  []uint64
	taken bool
}

// object is one flat JSON object. Its methods take fields out and remember the first fault, so that a
// decoder reads as the list of what a message holds; end reports that fault, or the first field nobody took.
type object struct {
	fields []field
	err    error
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

func parse(b []byte) (*object, error) {
	if len(b) > MessageMax {
		return nil, malformed("%d bytes, at most %d are allowed", len(b), MessageMax)
	}
	if !utf8.Valid(b) {
		return nil, malformed("not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return nil, malformed("not a JSON object")
	}
	o := &object{fields: make([]field, 0, fieldsMax)}
	for dec.More() {
		f, err := parseField(dec)
		if err != nil {
			return nil, err
		}
		if len(o.fields) == fieldsMax {
			return nil, malformed("more than %d fields", fieldsMax)
		}
		o.fields = append(o.fields, f)
	}
	if _, err := dec.Token(); err != nil {
		return nil, malformed("the object does not end")
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, malformed("something follows the object")
	}
	return o, nil
}

func parseField(dec *json.Decoder) (field, error) {
	tok, err := dec.Token()
	key, ok := tok.(string)
	if err != nil || !ok {
		return field{}, malformed("not a JSON object")
	}
	f := field{key: key}
	tok, err = dec.Token()
	if err != nil {
		return field{}, malformed("a field has no value")
	}
	switch v := tok.(type) {
	case string:
		f.shape, f.text = text, v
	case json.Number:
		f.shape = number
		if f.num, err = whole(v); err != nil {
			return field{}, err
		}
	case json.Delim:
		if v != '[' {
			return field{}, malformed("an object within the object")
		}
		err := parseList(dec, &f)
		return f, err
	default:
		return field{}, malformed("a value is neither text, number nor list")
	}
	return f, nil
}

func whole(v json.Number) (uint64, error) {
	n, err := strconv.ParseUint(v.String(), 10, 64)
	if err != nil || n > numberMax || v.String() == "-0" {
		return 0, malformed("a number is not a whole one from 0 to 2^53-1")
	}
	return n, nil
}

func parseList(dec *json.Decoder, f *field) error {
	f.shape = list
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return malformed("a list does not end")
		}
		switch v := tok.(type) {
		case string:
			f.list = append(f.list, v)
		case json.Number:
			n, err := whole(v)
			if err != nil {
				return err
			}
			f.nums, f.shape = append(f.nums, n), counts
		default:
			return malformed("a list holds something other than text or numbers")
		}
		if len(f.list) > 0 && len(f.nums) > 0 {
			return malformed("a list holds both text and numbers")
		}
		if len(f.list)+len(f.nums) > PeersMax {
			return malformed("a list is longer than %d", PeersMax)
		}
	}
	if _, err := dec.Token(); err != nil {
		return malformed("a list does not end")
	}
	return nil
}

func (o *object) find(key string) *field {
	for i := range o.fields {
		if o.fields[i].key == key {
			return &o.fields[i]
		}
	}
	return nil
}

func (o *object) fail(format string, args ...any) {
	if o.err == nil {
		o.err = malformed(format, args...)
	}
}

// take returns a field of the wanted shape, or nil after noting the fault.
func (o *object) take(key string, want shape) *field {
	f := o.find(key)
	if f == nil || f.shape != want {
		o.fail("field %q is missing or of the wrong kind", key)
		return nil
	}
	f.taken = true
	return f
}

func (o *object) has(key string) bool { return o.find(key) != nil }

func (o *object) text(key string, limit int) string {
	f := o.take(key, text)
	if f == nil {
		return ""
	}
	if len(f.text) > limit {
		o.fail("field %q has %d bytes, at most %d are allowed", key, len(f.text), limit)
		return ""
	}
	return f.text
}

func (o *object) number(key string, limit uint64) uint64 {
	f := o.take(key, number)
	if f == nil {
		return 0
	}
	if f.num > limit {
		o.fail("field %q is above %d", key, limit)
		return 0
	}
	return f.num
}

func (o *object) peer(key string) id.Peer {
	p, err := id.ParsePeer(o.text(key, peerText))
	if err != nil {
		o.fail("field %q is not a peer: 16 hexadecimal digits, not all 0", key)
	}
	return p
}

func (o *object) peers(key string) []id.Peer {
	f := o.take(key, list)
	if f == nil {
		return nil
	}
	var out []id.Peer
	for _, s := range f.list {
		p, err := id.ParsePeer(s)
		if err != nil {
			o.fail("field %q holds something that is not a peer", key)
			return nil
		}
		out = append(out, p)
	}
	return out
}

// tracks reads a set of tracks: their numbers, ascending, and at least one.
func (o *object) tracks(key string) (set segment.Tracks) {
	f := o.take(key, counts)
	if f == nil {
		return 0
	}
	for i, n := range f.nums {
		if n >= segment.TracksMax || i > 0 && n <= f.nums[i-1] {
			o.fail("field %q is no ascending list of tracks below %d", key, segment.TracksMax)
			return 0
		}
		set |= 1 << n
	}
	return set
}

func (o *object) end() error {
	for _, f := range o.fields {
		if !f.taken {
			o.fail("a field that this message does not have, or a second time")
		}
	}
	return o.err
}

const peerText = 16

package rights

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"shoal/id"
)

func TestPasses(t *testing.T) {
	now := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	p := New(bytes.Repeat([]byte{1}, 32), []id.Name{"club", "board"}, clock)
	pass := p.Issue("club", now.Add(time.Hour))
	for name, c := range map[string]struct {
		of   *Passes
		to   id.Name
		pass string
		want error
	}{
		"its own":                 {p, "club", pass, nil},
		"none":                    {p, "club", "", ErrNone},
		"another channel's":       {p, "board", pass, ErrNone},
		"none where none is due":  {p, "open", "", nil},
		"any where none is due":   {p, "open", "garbage", nil},
		"another server's":        {New(bytes.Repeat([]byte{2}, 32), []id.Name{"club"}, clock), "club", pass, ErrNone},
		"one longer":              {p, "club", pass + "A", ErrNone},
		"one with another ending": {p, "club", pass[:53] + string(pass[53]+1), ErrNone},
		"over":                    {p, "club", p.Issue("club", now), ErrOver},
		"with a later time":       {p, "club", p.Issue("club", now.Add(2*time.Hour))[:11] + pass[11:], ErrNone},
		"of a time before 1970":   {p, "club", p.Issue("club", time.Unix(-1, 0)), ErrOver},
	} {
		if err := c.of.May(c.to, c.pass); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if len(pass) != 54 || strings.ContainsAny(pass, "+/=") {
		t.Errorf("%q does not fit into an address", pass)
	}
	now = now.Add(time.Hour)
	if err := p.May("club", pass); !errors.Is(err, ErrOver) {
		t.Errorf("after an hour: %v", err)
	}
}

func FuzzMay(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	p := New(bytes.Repeat([]byte{1}, 32), []id.Name{"club"}, func() time.Time { return now })
	pass := p.Issue("club", now.Add(time.Hour))
	f.Add(pass)
	f.Add(pass[:53] + "_")
	f.Add(strings.Repeat("A", 54))
	f.Fuzz(func(t *testing.T, text string) {
		if err := p.May("club", text); err == nil && text != pass {
			t.Errorf("%q admits like %q", text, pass)
		}
	})
}

package rules

import "net/url"

// multi is a multivariant playlist as it reads.
type multi struct {
	lines    []line
	version  int
	variants []variant
	sounds   []*line // EXT-X-MEDIA, of all types
}

// variant is an EXT-X-STREAM-INF and the address behind it.
type variant struct {
	*line
	uri string // as written
}

func readMulti(text []byte) *multi {
	m := &multi{lines: readLines(text)}
	for i := range m.lines {
		l := &m.lines[i]
		switch l.tag {
		case "#EXT-X-VERSION":
			n, _ := whole(l.value)
			m.version = int(min(n, 1000))
		case "#EXT-X-MEDIA":
			m.sounds = append(m.sounds, l)
		case "#EXT-X-STREAM-INF":
			v := variant{line: l}
			if i+1 < len(m.lines) && m.lines[i+1].tag == "" {
				v.uri = m.lines[i+1].value
			}
			m.variants = append(m.variants, v)
		}
	}
	return m
}

// addresses are the media playlists of a multivariant playlist, absolute, each once, in its order.
func (m *multi) addresses(base string) []string {
	var out []string
	add := func(uri string) {
		address := resolve(base, uri)
		for _, have := range out {
			if have == address {
				return
			}
		}
		if uri != "" {
			out = append(out, address)
		}
	}
	for _, v := range m.variants {
		add(v.uri)
	}
	for _, l := range m.sounds {
		uri, _ := l.get("URI")
		add(uri)
	}
	return out
}

// Addresses returns the media playlists that a multivariant playlist names, absolute, and whether it is one.
func Addresses(text []byte, base string) ([]string, bool) {
	m := readMulti(text)
	return m.addresses(base), len(m.variants) > 0
}

// resolve makes an address absolute; one that does not parse stays as it is.
func resolve(base, uri string) string {
	b, err := url.Parse(base)
	if err != nil {
		return uri
	}
	u, err := b.Parse(uri)
	if err != nil {
		return uri
	}
	return u.String()
}

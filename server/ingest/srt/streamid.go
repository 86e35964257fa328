package srt

import (
	"errors"
	"strings"

	"shoal/server/ingest/gate"
)

// asked is what a stream id says.
type asked struct {
	key      string
	name     string // of the channel, or ""
	takeover bool
}

var (
	errNoKey = errors.New("its stream id has no stream key: write streamid=publish:NAME:KEY, as in the srt_url that \"shoal channel add\" printed")
	errMode  = errors.New("it wants to play a stream, but SRT is for publishing here: watch in the browser")
)

// accessPrefix begins a stream id in the form of SRT's access control.
const accessPrefix = "#!::"

// readStreamID reads the forms that encoders send:
//
//	KEY
//	publish:KEY
//	publish:NAME:KEY
//	#!::r=NAME,m=publish,u=KEY   (token= for u=; without either, r is the key)
//
// Behind a question mark, or in the last form as a pair, takeover=1 asks for a taken place.
func readStreamID(id string) (a asked, err error) {
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' {
			return asked{}, errForm
		}
	}
	if rest, ok := strings.CutPrefix(id, accessPrefix); ok {
		a, err = readAccess(rest)
	} else {
		a, err = readPlain(id)
	}
	if err == nil && a.key == "" {
		err = errNoKey
	}
	return a, err
}

func readPlain(id string) (a asked, err error) {
	id, a.takeover = gate.ReadKey(id)
	mode, rest, modal := strings.Cut(id, ":")
	if !modal {
		a.key = id
		return a, nil
	}
	switch mode {
	case "publish":
	case "read", "play", "request":
		return asked{}, errMode
	default:
		return asked{}, errForm
	}
	a.key = rest
	if name, key, named := strings.Cut(rest, ":"); named {
		a.name, a.key = name, key
	}
	if strings.Contains(a.key, ":") {
		return asked{}, errForm
	}
	return a, nil
}

func readAccess(pairs string) (a asked, err error) {
	seen := map[string]string{}
	for pair := range strings.SplitSeq(pairs, ",") {
		name, value, ok := strings.Cut(pair, "=")
		if _, twice := seen[name]; !ok || twice {
			return asked{}, errForm
		}
		seen[name] = value
	}
	if mode, ok := seen["m"]; ok && mode != "publish" {
		return asked{}, errMode
	}
	resource, over := gate.ReadKey(seen["r"])
	resource = resource[strings.LastIndexByte(resource, '/')+1:] // live/NAME
	a.takeover = over || gate.Yes(seen["takeover"])
	key, user := seen["u"]
	token, byToken := seen["token"]
	switch {
	case user && byToken:
		return asked{}, errForm
	case byToken:
		key = token
	case !user:
		a.key = resource
		return a, nil
	}
	key, over = gate.ReadKey(key)
	a.key, a.name, a.takeover = key, resource, a.takeover || over
	return a, nil
}

package api

import (
	"bytes"
	"errors"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"shoal/id"
	"shoal/server/record"
	"shoal/server/still"
)

// Stills are the small pictures of what is running. Those of recordings rest beside them.
type Stills interface {
	// Poster returns the poster of a running broadcast, and when it was made.
	Poster(channel id.Channel) (jpeg []byte, made time.Time, ok bool)
	// Track returns the storyboard of a running broadcast, whose times count from its start.
	Track(channel id.Channel, epoch uint64) (vtt []byte, ok bool)
	// Sheet returns a sheet that the storyboard names.
	Sheet(channel id.Channel, epoch uint64, name string) (jpeg []byte, ok bool)
}

// The files beside playlists that are for seek bars and lists.
const (
	posterFile   = "poster.jpg"
	boardFile    = still.TrackName
	chaptersFile = "chapters.vtt"
	jpegType     = "image/jpeg"
	vttType      = "text/vtt; charset=utf-8"
	// posterKept is how long a browser shows a poster of what is running without asking: it is replaced about as often.
	posterKept = "public, max-age=30"
)

// sheetName reports whether a file is a sheet of a storyboard.
func sheetName(file string) bool {
	_, ok := cut(file, "tiles-", ".jpg")
	return ok
}

// livePoster answers with the poster of what is running.
func (a *API) livePoster(w http.ResponseWriter, r *http.Request) {
	c, err := a.named(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	if a.rooms.Stills != nil {
		if jpeg, _, ok := a.rooms.Stills.Poster(c.ID); ok {
			a.write(w, r, jpeg, jpegType, a.keeping(r, posterKept))
			return
		}
	}
	a.refuse(w, r, errNoPoster)
}

// stillOf answers with what belongs to the seek bar of a recording or a running broadcast. It returns false if file is something else.
func (a *API) stillOf(w http.ResponseWriter, r *http.Request, rec *record.Recording, file string) bool {
	switch {
	case file == chaptersFile:
		s := rec.Summary()
		cache := a.keeping(r, "public, max-age=3600, immutable")
		if s.Growing {
			cache = "no-cache"
		}
		a.write(w, r, s.ChapterTrack(), vttType, cache)
		return true
	case file != posterFile && file != boardFile && !sheetName(file):
		return false
	}
	kind := jpegType
	if file == boardFile {
		kind = vttType
	}
	if rec.Growing() && a.rooms.Stills != nil {
		var b []byte
		ok := false
		switch cache := a.keeping(r, "public, max-age=3600, immutable"); {
		case file == boardFile:
			if b, ok = a.rooms.Stills.Track(rec.Key.Channel, rec.Key.Epoch); ok {
				a.write(w, r, b, kind, "no-cache")
			}
		case sheetName(file):
			if b, ok = a.rooms.Stills.Sheet(rec.Key.Channel, rec.Key.Epoch, file); ok {
				a.write(w, r, b, kind, cache)
			}
		}
		if !ok {
			a.refuse(w, r, errNoPoster)
		}
		return true
	}
	b, err := rec.Still(file)
	switch {
	case errors.Is(err, record.ErrNotFound):
		a.refuse(w, r, errNoPoster)
	case err != nil:
		a.refuse(w, r, err)
	default:
		w.Header().Set("Content-Type", kind)
		a.immutable(w, r, bytes.NewReader(b))
	}
	return true
}

// liveStills are the addresses of a running broadcast's poster and storyboard, "" where there is none.
func (a *API) liveStills(channel id.Channel, name id.Name, epoch uint64) (poster, storyboard string) {
	if a.rooms.Stills == nil {
		return "", ""
	}
	if _, made, ok := a.rooms.Stills.Poster(channel); ok {
		poster = "/hls/" + string(name) + "/" + posterFile + "?v=" + strconv.FormatInt(made.Unix(), 10)
	}
	if _, ok := a.rooms.Stills.Track(channel, epoch); ok && a.way(channel).rewind > 0 {
		storyboard = "/hls/" + string(name) + "/" + strconv.FormatUint(epoch, 10) + "/" + boardFile
	}
	return poster, storyboard
}

// posterOf is the address of a channel's poster: of what is running, or else of its newest recording; "" if there is none.
func (a *API) posterOf(channel id.Channel, name id.Name) string {
	if b := a.rooms.Broadcasts.State(channel); b.Live {
		poster, _ := a.liveStills(channel, name, b.Epoch)
		return poster
	}
	if a.rooms.Recordings == nil {
		return ""
	}
	if s, ok := a.rooms.Recordings.Pictured(channel); ok {
		return a.tell(name, s).Poster
	}
	return ""
}

// card is what another site shows of a link to a page.
type card struct {
	title, says string
	image       string // address on this server, or ""
}

// channelCard is of a channel, and keptCard of a recording or a clip.
func (a *API) channelCard(channel id.Channel, name id.Name) card {
	c := card{title: string(name), says: "Not live now.", image: a.posterOf(channel, name)}
	if a.rooms.Broadcasts.State(channel).Live {
		c.title, c.says = string(name)+" is live", "Watch it live."
	}
	return c
}

func (a *API) keptCard(name id.Name, s record.Summary) card {
	c := card{title: s.Title, says: "A clip of " + string(name) + ".", image: a.tell(name, s).Poster}
	if s.Key.Clip == "" {
		c.says = "A recording of " + s.Started.UTC().Format("2 January 2006") + "."
	}
	if c.title == "" {
		c.title = string(name)
	}
	return c
}

// tags are a card's Open Graph tags. Addresses in them hold the pass of who asked: without it nothing would be seen.
func (a *API) tags(r *http.Request, c card) string {
	whole := func(address string) string {
		u, err := url.Parse(a.config.PublicURL + address)
		if err != nil {
			return ""
		}
		if pass := r.URL.Query().Get(tokenKey); pass != "" {
			query := u.Query()
			query.Set(tokenKey, pass)
			u.RawQuery = query.Encode()
		}
		return u.String()
	}
	var b strings.Builder
	tag := func(property, content string) {
		b.WriteString(`<meta property="` + property + `" content="` + html.EscapeString(content) + "\">\n")
	}
	b.WriteString("<title>" + html.EscapeString(c.title) + " · Shoal</title>\n")
	tag("og:site_name", "Shoal")
	tag("og:type", "video.other")
	tag("og:title", c.title)
	tag("og:description", c.says)
	tag("og:url", whole(r.URL.Path))
	if c.image != "" {
		tag("og:image", whole(c.image))
		tag("og:image:type", jpegType)
		tag("og:image:alt", "A picture of "+c.title)
		b.WriteString(`<meta name="twitter:card" content="summary_large_image">` + "\n")
	}
	return b.String()
}

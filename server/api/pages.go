package api

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"shoal/id"
	"shoal/server/record"
)

// policy is what pages may load: only this server's files, WebAssembly, the blobs that Media Source makes, and the empty
// text (data:) that hls.js begins a track of captions with.
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self'; " +
	"img-src 'self' data: blob:; media-src 'self' blob: data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "

// The files of the web build that routes name.
const (
	indexFile = "index.html"
	watchFile = "watch.html"
	embedFile = "embed.html"
	liveFile  = "live.html"
	sendFile  = "upload.html"
	setFile   = "settings.html"
)

// anyFile is the route of files at the root, which takes any name.
const anyFile = "GET /{file}"

func (a *API) pageRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { a.page(w, r, indexFile, false) })
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, r *http.Request) { a.page(w, r, liveFile, false) })
	mux.HandleFunc("GET /upload", func(w http.ResponseWriter, r *http.Request) { a.page(w, r, sendFile, false) })
	mux.HandleFunc("GET /settings", func(w http.ResponseWriter, r *http.Request) { a.page(w, r, setFile, false) })
	mux.HandleFunc("GET /c/{name}", func(w http.ResponseWriter, r *http.Request) { a.channelPage(w, r, watchFile, false) })
	mux.HandleFunc("GET /c/{name}/r/{epoch}", a.keptPage(a.recordingOf))
	mux.HandleFunc("GET /c/{name}/clip/{clip}", a.keptPage(a.clipOf))
	mux.HandleFunc("GET /embed/{name}", func(w http.ResponseWriter, r *http.Request) { a.channelPage(w, r, embedFile, true) })
	mux.HandleFunc("GET /assets/{file...}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable") // their names hold a digest
		borrowed(w)
		a.file(w, r, path.Join("assets", path.Clean("/"+r.PathValue("file"))))
	})
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, r *http.Request) { // what asks for it takes SVG, or goes without
		w.Header().Set("Cache-Control", "public, max-age=86400")
		http.Redirect(w, r, "/favicon.svg", http.StatusFound)
	})
	mux.HandleFunc(anyFile, func(w http.ResponseWriter, r *http.Request) { // favicon.svg and its like
		if strings.HasSuffix(r.PathValue("file"), ".html") { // pages have routes
			answerProblem(w, r, errNoRoute)
			return
		}
		if path.Ext(r.PathValue("file")) == ".js" {
			a.module(w, r, r.PathValue("file"))
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=3600")
		a.file(w, r, r.PathValue("file"))
	})
}

// channelPage is a page of one channel; it answers 404 with a page if there is no such channel. Of one that is live it names
// what the page will ask for first, so that this need not wait for its scripts.
func (a *API) channelPage(w http.ResponseWriter, r *http.Request, file string, framed bool) {
	c, err := a.named(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	if a.rooms.Broadcasts.State(c.ID).Live && !a.private(c.Name) {
		for _, path := range []string{"/api/v1/channels/" + string(c.Name), "/hls/" + string(c.Name) + "/master.m3u8"} {
			w.Header().Add("Link", "<"+path+">; rel=preload; as=fetch; crossorigin=anonymous")
		}
	}
	tags := ""
	if !framed && a.admitted(r, c.Name) {
		tags = a.tags(r, a.channelCard(c.ID, c.Name))
	}
	a.tagged(w, r, file, framed, tags)
}

// keptPage is the page of what find finds, a recording or a clip; it answers 404 if there is none. Of a private channel it is always there: whoever
// has no pass shall not learn what is kept.
func (a *API) keptPage(find func(*http.Request) (*record.Recording, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		tags := ""
		if name, err := id.ParseName(r.PathValue("name")); err != nil || a.admitted(r, name) {
			rec, err := find(r)
			switch {
			case err == nil:
				tags = a.tags(r, a.keptCard(name, rec.Summary()))
			case a.private(name): // who has a pass is told by the page
			case errors.Is(err, record.ErrNotFound):
				a.refuse(w, r, errNoRecording)
				return
			default:
				a.refuse(w, r, err)
				return
			}
		}
		a.tagged(w, r, watchFile, false, tags)
	}
}

// page writes a page of the web build.
func (a *API) page(w http.ResponseWriter, r *http.Request, file string, framed bool) {
	a.tagged(w, r, file, framed, "")
}

// tagged writes a page with tags in its head, if there are any.
func (a *API) tagged(w http.ResponseWriter, r *http.Request, file string, framed bool, tags string) {
	h := w.Header()
	ancestors := "frame-ancestors 'none'"
	if framed {
		ancestors = "frame-ancestors *"
	} else {
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
	}
	h.Set("Content-Security-Policy", policy+ancestors)
	h.Set("Cache-Control", "no-cache")
	if _, err := fs.Stat(a.config.Web, indexFile); err != nil {
		answerProblem(w, r, errNoPages)
		return
	}
	if text, err := fs.ReadFile(a.config.Web, file); err == nil && tags != "" {
		page := strings.Replace(strings.Replace(string(text), plainTitle, "", 1), "</head>", tags+"</head>", 1)
		a.write(w, r, []byte(page), kindOf(file), "no-cache")
		return
	}
	a.file(w, r, file)
}

// plainTitle is what a page is called before anybody knows what it shows.
const plainTitle = "<title>Shoal</title>"

// module is a script that pages of other sites name (shoal-player.js). It leads to files whose names hold a digest, and
// which are gone after an upgrade: so it is asked for each time, and sent only when it is another.
func (a *API) module(w http.ResponseWriter, r *http.Request, name string) {
	borrowed(w)
	w.Header().Set("Cache-Control", "no-cache")
	if content, err := fs.ReadFile(a.config.Web, name); err == nil {
		sum := sha256.Sum256(content)
		w.Header().Set("ETag", `W/"`+hex.EncodeToString(sum[:8])+`"`) // weak: compressed or not
	}
	a.file(w, r, name)
}

// borrowed lets pages of any site use a file of the web build.
func borrowed(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// file writes one file of the web build, compressed if the build made a compressed twin that the client takes. A client that
// has what the ETag names is told so.
func (a *API) file(w http.ResponseWriter, r *http.Request, name string) {
	h := w.Header()
	h.Set("Vary", "Accept-Encoding")
	if tag := h.Get("ETag"); tag != "" && strings.Contains(r.Header.Get("If-None-Match"), strings.TrimPrefix(tag, "W/")) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	for _, twin := range []struct{ encoding, suffix string }{{"br", ".br"}, {"gzip", ".gz"}, {"", ""}} {
		if twin.encoding != "" && !accepts(r, twin.encoding) {
			continue
		}
		content, err := fs.ReadFile(a.config.Web, name+twin.suffix)
		if err != nil {
			continue
		}
		if twin.encoding != "" {
			h.Set("Content-Encoding", twin.encoding)
		}
		h.Set("Content-Type", kindOf(name))
		h.Set("Content-Length", strconv.Itoa(len(content)))
		a.hurry(w)
		if r.Method != http.MethodHead {
			_, _ = w.Write(content) // a client that has gone needs no answer
		}
		return
	}
	answerProblem(w, r, errNoRoute)
}

// accepts reports whether the client takes an encoding. A weight of 0 refuses it.
func accepts(r *http.Request, encoding string) bool {
	for offer := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(offer), ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			return strings.TrimSpace(weight) != "q=0"
		}
	}
	return false
}

// kindOf is the media type of a file of the web build. The machine's own table is not asked: it differs between machines.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".wasm":
		return "application/wasm"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".json":
		return "application/json"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	}
	return "application/octet-stream"
}

package api

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"strings"

	"shoal/id"
)

// problemStyle is all that a page about a problem looks like: it has no scripts and loads nothing but its icon. The colours are those
// of web/app/look/base.css.
const problemStyle = `:root{color-scheme:light dark;--ground:#f4f8f7;--text:#0f2220;--sea:#0a7658}` +
	`@media(prefers-color-scheme:dark){:root{--ground:#0a1316;--text:#e9f2f2;--sea:#35c79c}}` +
	`html{background:var(--ground);color:var(--text)}body{font:1.125rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto 2rem;padding:0 1.25rem}` +
	`h1{font-size:1.75rem;line-height:1.2;margin:0 0 .75rem}a{color:var(--sea)}nav{margin-top:1.75rem;display:flex;flex-wrap:wrap;gap:.75rem 1.5rem}`

// headline says in a few words what has happened.
func (p *problem) headline() string {
	if p == errGrowing {
		return "This is not here yet"
	}
	switch p.Status {
	case http.StatusNotFound, http.StatusGone:
		return "This is not here"
	case http.StatusUnauthorized, http.StatusForbidden:
		return "This is not open to you"
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return "Not now"
	case http.StatusMethodNotAllowed, http.StatusBadRequest, http.StatusConflict, http.StatusUnsupportedMediaType:
		return "This cannot be done"
	}
	return "Something went wrong"
}

// writeProblemPage writes p for a person who followed a link: what has happened, and the ways on from there.
func writeProblemPage(w http.ResponseWriter, r *http.Request, p *problem) {
	sum := sha256.Sum256([]byte(problemStyle))
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Del("Content-Encoding")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; base-uri 'none'; form-action 'none'; frame-ancestors "+ancestorsOf(r))
	w.WriteHeader(p.Status)
	if r.Method == http.MethodHead {
		return
	}
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">` +
		`<meta name="robots" content="noindex"><link rel="icon" href="/favicon.svg" type="image/svg+xml">`)
	b.WriteString("<title>" + html.EscapeString(p.headline()) + " – Shoal</title><style>" + problemStyle + "</style></head>")
	b.WriteString("<body><main><h1>" + html.EscapeString(p.headline()) + "</h1><p>" + html.EscapeString(p.Says) + "</p>")
	b.WriteString(`<nav aria-label="Where to go from here">`)
	if name := channelAbove(r.URL, p); name != "" {
		b.WriteString(`<a href="/c/` + name + `">The channel ` + name + `</a>`)
	}
	b.WriteString(`<a href="/">All channels</a></nav></main></body></html>` + "\n")
	_, _ = w.Write([]byte(b.String())) // a client that has gone needs no answer
}

// channelAbove names the channel that a broken address lies below, or nothing. It may not exist either; one that is known not to, or
// not to be open, is no way on.
func channelAbove(u *url.URL, p *problem) string {
	kind, rest, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	first, _, deeper := strings.Cut(rest, "/")
	name, err := id.ParseName(first)
	if kind != "c" && kind != "hls" && kind != "clips" || !deeper || err != nil || p == errNoChannel || p.Status == http.StatusForbidden {
		return ""
	}
	return string(name)
}

// ancestorsOf lets a page that may stand in others say what is wrong there, too.
func ancestorsOf(r *http.Request) string {
	if strings.HasPrefix(r.URL.Path, "/embed/") {
		return "*"
	}
	return "'none'"
}

package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A person who follows a stale link is told what has happened and where to go; a program is told the same as JSON.
func TestProblemsAreReadable(t *testing.T) {
	for _, c := range []struct {
		path, accept string
		p            *problem
		has, lacks   []string
	}{
		{"/c/reef/r/7", "text/html,*/*", errNoRecording, []string{"<h1>This is not here</h1>", "no longer kept", `<a href="/c/reef">`, `<a href="/">All channels</a>`, `<html lang="en">`}, nil},
		{"/c/reff", "text/html", errNoChannel, []string{"no channel of this name", `href="/"`}, []string{`href="/c/`}},
		{"/c/reef/r/7", "text/html", errPrivate, []string{"not open to you"}, []string{`href="/c/`}},
		{`/c/"><script>/x`, "text/html", errNoRoute, []string{`href="/"`}, []string{"<script>", `href="/c/`}},
		{"/embed/reef", "text/html", errNoChannel, []string{"no channel"}, nil},
		{"/api/v1/channels/reef", "text/html", errNoChannel, []string{`{"error":{"code":"not_found"`}, []string{"<"}},
		{"/c/reef", "*/*", errNoChannel, []string{`{"error":`}, []string{"<"}},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path = c.path
		r.Header.Set("Accept", c.accept)
		w := httptest.NewRecorder()
		answerProblem(w, r, c.p)
		if w.Code != c.p.Status {
			t.Errorf("%s: status %d, want %d", c.path, w.Code, c.p.Status)
		}
		for _, has := range c.has {
			if !strings.Contains(w.Body.String(), has) {
				t.Errorf("%s: %q is missing in %s", c.path, has, w.Body)
			}
		}
		for _, lacks := range c.lacks {
			if strings.Contains(w.Body.String(), lacks) {
				t.Errorf("%s: %q is in %s", c.path, lacks, w.Body)
			}
		}
		if framed := strings.Contains(w.Header().Get("Content-Security-Policy"), "frame-ancestors *"); framed != strings.HasPrefix(c.path, "/embed/") {
			t.Errorf("%s: policy %q", c.path, w.Header().Get("Content-Security-Policy"))
		}
	}
}

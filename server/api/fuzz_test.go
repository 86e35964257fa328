package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzDoors sends any method, path, query, header and body: whatever comes, the answer is one of HTTP and nothing falls.
func FuzzDoors(f *testing.F) {
	f.Add("GET", "/hls/fish/0.m3u8?_HLS_msn=1&_HLS_part=2", "bytes=0-", "")
	f.Add("POST", "/api/v1/channels/fish/join", "", `{"mode":"watch"}`)
	f.Add("GET", "/hls/fish/7/1/p9.m4s", "bytes=-1", "")
	f.Add("GET", "/hls/fish/7/stripes/a001", "", "")
	f.Add("GET", "/assets/../../x", "", "")
	f.Fuzz(func(t *testing.T, method, target, value, text string) {
		r, err := http.NewRequest(method, "http://localhost:8080/", strings.NewReader(text))
		if err != nil || !strings.HasPrefix(target, "/") {
			t.Skip()
		}
		path, query, _ := strings.Cut(target, "?")
		r.URL.Path, r.URL.RawQuery, r.RemoteAddr = path, query, value
		for _, name := range []string{"Range", "X-Forwarded-For", "Accept-Encoding", "Origin"} {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		newHouse(t).handler.ServeHTTP(w, r)
		if w.Code < 200 || w.Code > 599 || w.Code == http.StatusInternalServerError {
			t.Fatalf("%s %q: %d %s", method, target, w.Code, w.Body)
		}
	})
}

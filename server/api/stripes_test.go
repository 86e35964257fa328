package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"shoal/id"
	"shoal/segment"
	"shoal/server/origin"
)

// Stripes sends two parts and an empty frame, and then waits like Media.
func (h *house) Stripes(ctx context.Context, _ id.Name, epoch uint64, stripes uint16, tracks segment.Tracks, to origin.Reader) error {
	if epoch != 7 || stripes != 0xa001 || tracks != segment.AllTracks && tracks != 0x05 {
		return origin.ErrNotFound
	}
	if err := to.Begin(fish.ID, []uint64{17, 34}); err != nil {
		return err
	}
	if err := to.Take(segment.Part{Epoch: 7, Seq: 17}, []origin.Piece{{Index: 0, Data: []byte("first")}, {Index: 14, Data: []byte("last")}}); err != nil {
		return err
	}
	if err := to.Rest(); err != nil {
		return err
	}
	if h.hold != nil {
		select {
		case <-h.hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return to.Take(segment.Part{Epoch: 7, Track: 1, Seq: 34}, []origin.Piece{{Index: 0, Data: []byte("more")}})
}

// What Stripes sends, before it waits and afterwards.
const (
	stripesFirst = "\x00\x00\x00\x19" + "\x01\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x00\x11\x00\x00first" +
		"\x00\x00\x00\x18" + "\x01\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x00\x11\x00\x0elast" + "\x00\x00\x00\x00"
	stripesMore = "\x00\x00\x00\x18" + "\x01\x00\x00\x00\x00\x00\x00\x00\x07\x01\x00\x00\x00\x00\x00\x00\x00\x22\x00\x00more"
)

func TestStripes(t *testing.T) {
	h := newHouse(t)
	w := h.request("GET", "/hls/fish/7/stripes/a001")
	if w.Code != 200 || w.Body.String() != stripesFirst+stripesMore || !w.Flushed {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/octet-stream", "Cache-Control": "no-store", "Access-Control-Allow-Origin": "*", "Shoal-From": "17,34", "Content-Length": "",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if exposed := w.Header().Values("Access-Control-Expose-Headers"); len(exposed) != 2 {
		t.Errorf("a page of another site may read %v", exposed)
	}
	if got := h.log.String(); got != "counted 0 57ns\ncounted 1 28ns\n" {
		t.Error(got)
	}
	for _, target := range []string{"/hls/fish/7/stripes/a01", "/hls/fish/7/stripes/A001", "/hls/fish/7/stripes/0a001", "/hls/fish/7/stripes/0000",
		"/hls/fish/7/stripes/+001", "/hls/fish/7/stripes/1a001", "/hls/fish/7/stripes/", "/hls/fish/07/stripes/a001", "/hls/fish/8/stripes/a001", "/hls/FISH/7/stripes/a001"} {
		if w := h.request("GET", target); w.Code != 404 || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %v", target, w.Code, w.Header())
		}
	}
	if w := h.request("GET", "/hls/fish/7/stripes/a001?tracks=05"); w.Code != 200 || w.Body.String() != stripesFirst+stripesMore {
		t.Errorf("of some tracks: %d %q", w.Code, w.Body)
	}
	for _, query := range []string{"tracks=00", "tracks=5", "tracks=0F", "tracks=005", "tracks=", "track=05", "tracks=05&tracks=05", "tracks=+5"} {
		if w := h.request("GET", "/hls/fish/7/stripes/a001?"+query); w.Code != 400 {
			t.Errorf("%s: %d", query, w.Code)
		}
	}
	if w := h.request("HEAD", "/hls/fish/7/stripes/a001"); w.Code != 400 {
		t.Errorf("HEAD: %d", w.Code)
	}
}

func TestStripesAreHeldWithinTheLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.hold = make(chan struct{})
		ctx, leave := context.WithCancel(t.Context())
		ends := make(chan *httptest.ResponseRecorder, 3)
		for range 2 {
			go func() {
				ends <- h.request("GET", "/hls/fish/7/stripes/a001", func(r *http.Request) { *r = *r.WithContext(ctx) })
			}()
		}
		synctest.Wait()
		for _, target := range []string{"/hls/fish/7/stripes/a001", "/hls/fish/0.m3u8?_HLS_msn=1"} {
			if w := h.request("GET", target); w.Code != 429 || w.Header().Get("Retry-After") == "" {
				t.Errorf("%s, a third from the same address: %d", target, w.Code)
			}
		}
		leave()
		for range 2 {
			if w := <-ends; w.Code != 200 || w.Body.String() != stripesFirst { // nothing is added to an answer that was begun
				t.Errorf("%d %q", w.Code, w.Body)
			}
		}
		close(h.hold)
		if w := h.request("GET", "/hls/fish/7/stripes/a001"); w.Code != 200 {
			t.Errorf("after they left: %d", w.Code)
		}
	})
}

func TestOnlyStripesReallyWrittenCount(t *testing.T) {
	h := newHouse(t)
	whole := h.handler
	h.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { whole.ServeHTTP(&short{w, 6}, r) })
	h.request("GET", "/hls/fish/7/stripes/a001")
	if got := h.log.String(); got != "counted 0 6ns\n" {
		t.Error(got)
	}
}

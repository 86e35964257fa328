package peer

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// Every request for what is private brings the pass: state, join, parts, init segments and inflows. The tracker has a token of its own.
func TestThePassGoesAlongEverywhere(t *testing.T) {
	synctest.Test(t, watchWithAPass)
}

func watchWithAPass(t *testing.T) {
	h := newLiveHouse(t)
	poured := make(chan struct{})
	var once sync.Once
	h.pour = func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() { close(poured); close(h.late) })
		flow(w, pastParts)
		<-r.Context().Done()
	}
	var mu sync.Mutex
	without := map[string]bool{}
	door := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/tracker" && r.URL.Query().Get("token") != "let-me" {
			mu.Lock()
			without[r.URL.Path] = true
			mu.Unlock()
		}
		h.ServeHTTP(w, r)
	})
	watchHouse(t, door, pipesLink+"?token=let-me", 3)
	<-poured
	mu.Lock()
	defer mu.Unlock()
	if len(without) > 0 {
		t.Errorf("without the pass: %v", without)
	}
}

// A pass that does not admit ends the visit with the server's words, which do not hold it.
func TestAPassThatDoesNotAdmitEndsTheVisit(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"error":{"code":"pass_over","message":"The pass in this link is over."}}`))
	}))
	defer s.Close()
	err := New(Config{Watch: s.URL + "/c/demo", Pass: "secret-pass"}).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "The pass in this link is over") || strings.Contains(err.Error(), "secret-pass") {
		t.Errorf("%v", err)
	}
}

package door

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"shoal/id"
	"shoal/wire/signal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	goodPeer    = "00000000000000ab"
	goodChannel = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	goodPass    = `{"token":"t","peer":"` + goodPeer + `","tracker":"/api/v1/tracker","channel":"` + goodChannel + `","serverTimeMs":1790000000000}`
)

func TestParse(t *testing.T) {
	for link, want := range map[string]string{
		"http://127.0.0.1:8080/c/demo":          "http://127.0.0.1:8080/hls/demo/x",
		"https://example.org/c/my-show/":        "https://example.org/hls/my-show/x",
		"https://example.org/embed/a?share=yes": "https://example.org/hls/a/x",
		"http://[::1]:80/c/a":                   "http://[::1]:80/hls/a/x",
		"http://h/c/club?token=a_b-1":           "http://h/hls/club/x?token=a_b-1",
	} {
		p, err := Parse(link)
		if err != nil || p.Media("x") != want {
			t.Errorf("Parse(%q) leads to %q, %v, want %q", link, p.Media("x"), err, want)
		}
	}
	for _, link := range []string{
		"", "demo", "/c/demo", "ftp://h/c/demo", "http:///c/demo", "http://h/demo", "http://h/c/", "http://h/c/Demo", "http://h/c/a/b",
		"http://user:word@h/c/demo", "http://h/c/../a", "http://h/hls/demo", "http://h/c/a?token=%20", "http://h/c/a?token=" + strings.Repeat("x", passMax+1),
	} {
		if _, err := Parse(link); err == nil {
			t.Errorf("Parse(%q) has no complaint", link)
		}
	}
}

// Links to what is kept are told from those that are mistyped.
func TestParseTellsRecordings(t *testing.T) {
	for link, want := range map[string]string{
		"http://h:80/c/demo/r/3":                   "is a recording: only what is live can be watched like this, at http://h:80/c/demo",
		"https://h/c/demo/clip/abcdefgh27?token=x": "is a clip: only what is live can be watched like this, at https://h/c/demo",
		"http://h/embed/demo/r/3":                  "is a recording",
		"http://h/c/demo/x/3":                      "names no channel",
		"http://h/hls/demo/r/3":                    "names no channel",
	} {
		if _, err := Parse(link); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): %v", link, err)
		}
	}
}

func place(t testing.TB, server string) Place {
	t.Helper()
	p, err := Parse(server + "/c/demo")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// serve answers every request with the same status and text.
func serve(t *testing.T, status int, text string) (Place, *http.Client) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(s.Close)
	return place(t, s.URL), s.Client()
}

func TestJoin(t *testing.T) {
	p, client := serve(t, http.StatusOK, goodPass)
	pass, err := p.Join(context.Background(), client, Share)
	if err != nil || pass.Peer != 0xab || pass.Channel != (id.Channel{}) || pass.WallMS != 1790000000000 || time.Since(pass.At) > time.Minute {
		t.Errorf("%+v, %v", pass, err)
	}
	for _, spoil := range []struct{ old, new string }{
		{goodPeer, "0000000000000000"}, {goodPeer, "x"}, {goodChannel, "b"}, {"/api/v1/tracker", "http://elsewhere.example/api"},
		{"/api/v1/tracker", "//elsewhere.example/"}, {"1790000000000", "0"}, {"1790000000000", "9223372036854775807"}, {`"t"`, `""`}, {`"t"`, `7`},
		{`{"token"`, `[{"token"`}, {`"t"`, `"` + strings.Repeat("t", signal.TokenMax+1) + `"`},
	} {
		p, client := serve(t, http.StatusOK, strings.Replace(goodPass, spoil.old, spoil.new, 1))
		if pass, err := p.Join(context.Background(), client, Share); err == nil {
			t.Errorf("%q for %q: %+v", spoil.new, spoil.old, pass)
		}
	}
}

func TestRefusalsKeepTheServersWords(t *testing.T) {
	p, client := serve(t, http.StatusNotFound, `{"error":{"code":"not_found","message":"There is no such channel."}}`)
	_, err := p.Join(context.Background(), client, Share)
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Status != http.StatusNotFound || refusal.Code != "not_found" || !strings.Contains(err.Error(), "no such channel") {
		t.Errorf("%v", err)
	}
	p, client = serve(t, http.StatusBadGateway, "<html>")
	if _, err := p.State(context.Background(), client); !errors.As(err, &refusal) || refusal.Status != http.StatusBadGateway {
		t.Errorf("%v", err)
	}
}

func TestState(t *testing.T) {
	p, client := serve(t, http.StatusOK, `{"live":true,"epoch":3,"tracks":[{"track":1,"kind":"audio","codec":"opus"}],"other":1}`)
	s, err := p.State(context.Background(), client)
	if err != nil || !s.Live || s.Epoch != 3 || len(s.Tracks) != 1 || s.Tracks[0].Kind != "audio" {
		t.Errorf("%+v, %v", s, err)
	}
	p, client = serve(t, http.StatusOK, `{"tracks":[`+strings.Repeat(`{},`, 20)+`{}]}`)
	if _, err := p.State(context.Background(), client); err == nil {
		t.Error("21 tracks are believed")
	}
}

// tracker plays a tracker: it does what script says with the connection, and ends it.
func tracker(t *testing.T, script func(context.Context, *websocket.Conn)) (Pass, *http.Client) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{signal.Subprotocol}})
		if err != nil {
			return
		}
		defer conn.CloseNow() //nolint:errcheck // a test's end
		script(r.Context(), conn)
	}))
	t.Cleanup(s.Close)
	return Pass{tracker: s.URL, token: "secret"}, s.Client()
}

func TestTalk(t *testing.T) {
	heard := make(chan string, 10)
	pass, client := tracker(t, func(ctx context.Context, conn *websocket.Conn) {
		_, hello, _ := conn.Read(ctx)
		heard <- string(hello)
		_ = conn.Write(ctx, websocket.MessageText, signal.EncodeTracker(signal.Seed{Stripes: 5}))
		_ = conn.Write(ctx, websocket.MessageBinary, []byte{signal.FramePart, 'r', 'e', 'c'})
		_, more, _ := conn.Read(ctx)
		heard <- string(more)
		_ = conn.Write(ctx, websocket.MessageText, signal.EncodeTracker(signal.Error{Code: "banned", Message: "go away"}))
		_, _, _ = conn.Read(ctx)
	})
	say := make(chan signal.FromViewer, 1)
	var frames []string
	err := Talk(context.Background(), client, pass, say, func(_ context.Context, f Frame) {
		frames = append(frames, fmt.Sprintf("%v %s", f.Message, f.Record))
		if f.Record != nil {
			say <- signal.More{}
		}
	})
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Code != "banned" {
		t.Errorf("%v", err)
	}
	if strings.Join(frames, "; ") != "{5} ; <nil> rec" {
		t.Errorf("%q", frames)
	}
	if hello, more := <-heard, <-heard; hello != `{"t":"hello","token":"secret"}` || more != `{"t":"more"}` {
		t.Errorf("said %s, %s", hello, more)
	}
}

func TestTalkEndsOnNonsense(t *testing.T) {
	for name, frame := range map[string]struct {
		kind websocket.MessageType
		data string
	}{
		"text":         {websocket.MessageText, "hello"},
		"another type": {websocket.MessageText, `{"t":"hello","token":"x"}`},
		"binary kind":  {websocket.MessageBinary, "\x07rec"},
		"empty binary": {websocket.MessageBinary, ""},
		"lone byte":    {websocket.MessageBinary, "\x01"},
		"too long":     {websocket.MessageBinary, "\x01" + strings.Repeat("x", signal.MessageMax)},
	} {
		pass, client := tracker(t, func(ctx context.Context, conn *websocket.Conn) {
			_ = conn.Write(ctx, frame.kind, []byte(frame.data))
			for {
				if _, _, err := conn.Read(ctx); err != nil {
					return
				}
			}
		})
		err := Talk(context.Background(), client, pass, nil, func(context.Context, Frame) { t.Errorf("%s was heard", name) })
		if err == nil {
			t.Errorf("%s: no complaint", name)
		}
	}
}

func TestTalkEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	pass, client := tracker(t, func(ctx context.Context, conn *websocket.Conn) {
		_, _, _ = conn.Read(ctx)
		cancel()
		_, _, _ = conn.Read(ctx)
	})
	if err := Talk(ctx, client, pass, nil, func(context.Context, Frame) {}); err == nil {
		t.Error("it ended without a reason")
	}
}

func TestTalkNeedsTheSubprotocol(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, err := websocket.Accept(w, r, nil); err == nil {
			_, _, _ = conn.Read(r.Context())
			_ = conn.CloseNow()
		}
	}))
	defer s.Close()
	if err := Talk(context.Background(), s.Client(), Pass{tracker: s.URL}, nil, nil); err == nil || !strings.Contains(err.Error(), "protocol") {
		t.Errorf("%v", err)
	}
	p, client := serve(t, http.StatusForbidden, "")
	var refusal *Refusal
	if err := Talk(context.Background(), client, Pass{tracker: p.base.String()}, nil, nil); !errors.As(err, &refusal) || refusal.Status != http.StatusForbidden {
		t.Errorf("%v", err)
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte(goodPass))
	f.Add([]byte(`{"live":true,"tracks":[{"track":1}]}`))
	p := place(f, "http://127.0.0.1:1")
	f.Fuzz(func(t *testing.T, text []byte) {
		if pass, err := p.parsePass(text); err == nil {
			if u, err := url.Parse(pass.tracker); err != nil || u.Host != "127.0.0.1:1" || u.Scheme != "http" {
				t.Errorf("leads to %q", pass.tracker)
			}
		}
		_, _ = parseState(text)
	})
}

func FuzzParse(f *testing.F) {
	f.Add("http://127.0.0.1:8080/c/demo")
	f.Fuzz(func(t *testing.T, link string) {
		if p, err := Parse(link); err == nil && (p.base.Host == "" || p.Name == "") {
			t.Errorf("%q: %+v", link, p)
		}
	})
}

package door

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"shoal/id"
	"shoal/segment"
	"shoal/wire/signal"
)

const (
	// answerMax bounds a JSON answer.
	answerMax = 64 << 10
	// answerWithin bounds the wait for one.
	answerWithin = 10 * time.Second
	// wallMax bounds the server's clock: the year 5138, far below where microseconds overflow.
	wallMax = 100_000_000_000_000
	// serversMax bounds the STUN and TURN servers that are used of those offered.
	serversMax = 8
)

// Place is a channel on a server.
type Place struct {
	base url.URL // scheme and host
	Name id.Name
	pass string // to a private channel, or ""
}

// passMax bounds a pass, in bytes.
const passMax = 512

// Parse reads a watch address: http://HOST/c/NAME, or https, with the pass to a private channel behind it (?token=PASS) or not.
func Parse(address string) (Place, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return Place{}, fmt.Errorf("%q is no watch link; it looks like http://HOST/c/NAME", address)
	}
	text, ok := strings.CutPrefix(u.Path, "/c/")
	if !ok {
		text, ok = strings.CutPrefix(u.Path, "/embed/")
	}
	if live, what, found := strings.Cut(text, "/"); ok && found && kept(what) != "" {
		return Place{}, fmt.Errorf("%q is a %s: only what is live can be watched like this, at %s://%s/c/%s. Open it in a browser", address, kept(what), u.Scheme, u.Host, live)
	}
	name, err := id.ParseName(strings.TrimSuffix(text, "/"))
	if !ok || err != nil {
		return Place{}, fmt.Errorf("%q names no channel; a watch link looks like http://HOST/c/NAME", address)
	}
	return Place{url.URL{Scheme: u.Scheme, Host: u.Host}, name, ""}.With(u.Query().Get("token"))
}

// kept says what the address of a page behind a channel's is of, or "".
func kept(page string) string {
	switch {
	case strings.HasPrefix(page, "r/"):
		return "recording"
	case strings.HasPrefix(page, "clip/"):
		return "clip"
	}
	return ""
}

// With returns the place as one sees it who holds a pass; "" changes nothing.
func (p Place) With(pass string) (Place, error) {
	if len(pass) > passMax || strings.ContainsFunc(pass, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return Place{}, errors.New("this is no pass: take the link that `shoal channel pass` prints, or what stands behind token= in it")
	}
	if pass != "" {
		p.pass = pass
	}
	return p, nil
}

// address returns what lies at a path, for who holds the place's pass.
func (p Place) address(parts ...string) string {
	u := p.base.JoinPath(parts...)
	if p.pass != "" {
		u.RawQuery = url.Values{"token": {p.pass}}.Encode()
	}
	return u.String()
}

// Host returns the server's name or address, without the port.
func (p Place) Host() string { return p.base.Hostname() }

// Media returns the address of something under the channel's HLS folder. Who holds a pass finds it behind a question mark.
func (p Place) Media(path string) string {
	return p.address("hls", string(p.Name), path)
}

func (p Place) api(parts ...string) string {
	return p.address(append([]string{"api/v1/channels", string(p.Name)}, parts...)...)
}

// Track is a track of the broadcast.
type Track struct {
	Track segment.Track `json:"track"`
	Kind  string        `json:"kind"`
	Codec string        `json:"codec"` // empty: it is not known yet
	// The picture's size; 0: not known.
	Width  int `json:"width"`
	Height int `json:"height"`
	// Resting says that the server makes nothing of the rung now.
	Resting bool `json:"resting"`
}

// Lines returns how many lines the picture has: of one that stands upright its narrow side; 0: not known.
func (t Track) Lines() int { return min(t.Width, t.Height) }

// State is what the server says of the channel.
type State struct {
	Live   bool    `json:"live"`
	Epoch  uint64  `json:"epoch"`
	Tracks []Track `json:"tracks"`
	// LatencyS is how far behind live the channel's viewers are meant to be, in seconds; 0: it does not say.
	LatencyS float64 `json:"latency_s"`
}

// State asks for the channel's state.
func (p Place) State(ctx context.Context, client *http.Client) (State, error) {
	text, err := p.ask(ctx, client, http.MethodGet, p.api(), nil)
	if err != nil {
		return State{}, err
	}
	return parseState(text)
}

func parseState(text []byte) (State, error) {
	var s State
	if err := json.Unmarshal(text, &s); err != nil {
		return State{}, fmt.Errorf("the server's answer on the channel is not the JSON that was expected: %w", err)
	}
	if len(s.Tracks) > segment.TracksMax {
		return State{}, fmt.Errorf("the server names %d tracks; at most %d can be", len(s.Tracks), segment.TracksMax)
	}
	return s, nil
}

// Server is a STUN or TURN server as the browser's API describes it.
type Server struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username"`
	Credential string   `json:"credential"`
}

// Pass is what a join gives: one session of the channel.
type Pass struct {
	Peer    id.Peer
	Channel id.Channel
	Servers []Server
	// WallMS was the server's clock when the join was half-way through, at At.
	WallMS int64
	At     time.Time

	tracker string
	token   string
}

// Mode says what a session is for.
type Mode string

// The modes of a session.
const (
	Watch Mode = "watch" // no introductions
	Share Mode = "share"
)

// Join begins a session.
func (p Place) Join(ctx context.Context, client *http.Client, mode Mode) (Pass, error) {
	body, err := json.Marshal(struct {
		Mode Mode `json:"mode"`
	}{mode})
	if err != nil {
		return Pass{}, err
	}
	asked := time.Now()
	text, err := p.ask(ctx, client, http.MethodPost, p.api("join"), body)
	if err != nil {
		return Pass{}, err
	}
	pass, err := p.parsePass(text)
	pass.At = asked.Add(time.Since(asked) / 2)
	return pass, err
}

func (p Place) parsePass(text []byte) (Pass, error) {
	var answer struct {
		Token        string   `json:"token"`
		Peer         string   `json:"peer"`
		Tracker      string   `json:"tracker"`
		ICE          []Server `json:"ice"`
		Channel      string   `json:"channel"`
		ServerTimeMS int64    `json:"serverTimeMs"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return Pass{}, fmt.Errorf("the server's join answer is not the JSON that was expected: %w", err)
	}
	pass := Pass{WallMS: answer.ServerTimeMS, token: answer.Token, Servers: answer.ICE[:min(len(answer.ICE), serversMax)]}
	var err error
	if pass.Peer, err = id.ParsePeer(answer.Peer); err != nil {
		return Pass{}, errors.New("the server's join answer names no peer; is it another version?")
	}
	if pass.Channel, err = id.ParseChannel(answer.Channel); err != nil {
		return Pass{}, errors.New("the server's join answer names no channel; is it another version?")
	}
	if pass.WallMS <= 0 || pass.WallMS > wallMax || pass.token == "" || len(pass.token) > signal.TokenMax {
		return Pass{}, errors.New("the server's join answer has no token or no time; is it another version?")
	}
	tracker, err := p.base.Parse(answer.Tracker)
	if err != nil || tracker.Scheme != p.base.Scheme || tracker.Host != p.base.Host || tracker.User != nil {
		return Pass{}, errors.New("the server's join answer leads to a tracker elsewhere")
	}
	pass.tracker = tracker.String()
	return pass, nil
}

// Plain takes the address off an error of the network: it may hold a pass, and errors are logged.
func Plain(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// Refusal is an error that the server gave in its own words.
type Refusal struct {
	Status        int
	Code, Message string
}

// Final reports whether asking again is of no use: there is no such channel, or it is not open to who asks.
func (r *Refusal) Final() bool {
	return r.Status == http.StatusNotFound || r.Status == http.StatusForbidden
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("the server refuses (%d %s): %s", r.Status, r.Code, r.Message)
}

func (p Place) ask(ctx context.Context, client *http.Client, method, address string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, Plain(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, answerMax))
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		var problem struct {
			Error struct{ Code, Message string }
		}
		_ = json.Unmarshal(text, &problem) // an answer of another form has no words for us
		return nil, &Refusal{res.StatusCode, problem.Error.Code, problem.Error.Message}
	}
	return text, nil
}

package signal

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"shoal/id"
)

var viewerSays = []FromViewer{
	Hello{Token: "abc-_"},
	Signal{To: 7, Body: Body{Kind: Offer, Data: "v=0\r\n\"<>&\u2028"}},
	Signal{To: 1 << 63, Body: Body{Kind: Answer, Data: ""}},
	Signal{To: 7, Body: Body{Kind: Candidate, Data: "candidate:1 1 udp 1 x 1 typ host", Mid: "0", Line: 3}},
	Linked{Peers: 3}, Linked{}, Able{Slots: 21}, Follow{Tracks: 0b101}, Follow{Tracks: 0xff}, At{PositionMS: 1_790_000_000_000},
	Report{1, 2, 3, 4, 5, 6, 7}, Report{HTTPBytes: numberMax},
	Refused{Peer: 9}, Records{FromPeers: true}, Records{}, More{}, Ping{At: 12}, Bye{},
}

var trackerSays = []FromTracker{
	Welcome{Peer: 5, Viewers: 2, ServerTimeMS: 1760000000000},
	Peers{Dial: []id.Peer{1, 2}, Expect: []id.Peer{3}}, Peers{},
	Gone{Peer: 4},
	Signalled{From: 7, Body: Body{Kind: Candidate, Data: "x", Mid: "data", Line: 0}},
	Signalled{From: 7, Body: Body{Kind: Offer, Data: "v=0\r\n"}},
	Seed{Stripes: 0xffff}, Seed{},
	Edge{Track: 1, MSN: 3 << 20, Part: 4, Epoch: 3},
	Viewers{N: 10, Sharing: 4}, Ended{}, Error{Code: "token", Message: "Ask for a new token."}, Pong{At: 1, ServerTimeMS: 2},
	Sharing{Off: true}, Sharing{},
	Relay{Username: "1790000000:00000000000000aa:channel", Credential: "c3Vubg"},
}

func TestWhatIsSaidIsHeard(t *testing.T) {
	for _, m := range viewerSays {
		b := EncodeViewer(m)
		got, err := DecodeViewer(b)
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%s: heard %#v, %v", b, got, err)
		}
	}
	for _, m := range trackerSays {
		b := EncodeTracker(m)
		got, err := DecodeTracker(b)
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%s: heard %#v, %v", b, got, err)
		}
	}
}

// The forms that the contract with the browser fixes, letter by letter.
func TestFormsTheBrowserKnows(t *testing.T) {
	for want, m := range map[string]FromTracker{
		`{"t":"welcome","peer":"0000000000000005","viewers":2,"serverTimeMs":9}`: Welcome{5, 2, 9},
		`{"t":"peers","dial":["0000000000000001"],"expect":[]}`:                  Peers{Dial: []id.Peer{1}},
		`{"t":"edge","track":1,"msn":7,"part":4,"epoch":3}`:                      Edge{1, 7, 4, 3},
		`{"t":"viewers","n":10,"sharing":4}`:                                     Viewers{10, 4},
		`{"t":"seed","stripes":65535}`:                                           Seed{0xffff},
		`{"t":"ended"}`:                                                          Ended{},
		`{"t":"sharing","mode":"off"}`:                                           Sharing{Off: true},
		`{"t":"sharing","mode":"ask"}`:                                           Sharing{},
	} {
		if got := string(EncodeTracker(m)); got != want {
			t.Errorf("said %s, the browser expects %s", got, want)
		}
	}
	got, err := DecodeViewer([]byte(`{"t":"signal","to":"00000000000000ff","kind":"candidate","data":"c","mid":"0","line":0}`))
	if err != nil || got != (Signal{To: 255, Body: Body{Kind: Candidate, Data: "c", Mid: "0"}}) {
		t.Errorf("heard %#v, %v", got, err)
	}
}

func TestRefusedMessages(t *testing.T) {
	long := strings.Repeat("a", SDPMax+1)
	for name, text := range map[string]string{
		"empty":               ``,
		"not an object":       `[1]`,
		"a number":            `7`,
		"null":                `null`,
		"cut off":             `{"t":"more"`,
		"trailing":            `{"t":"more"}{}`,
		"trailing word":       `{"t":"more"} x`,
		"no type":             `{}`,
		"type is a number":    `{"t":1}`,
		"unknown type":        `{"t":"shout"}`,
		"a tracker's type":    `{"t":"ended"}`,
		"unknown field":       `{"t":"more","x":1}`,
		"another's field":     `{"t":"more","peers":1}`,
		"records from nobody": `{"t":"records","from":"nobody"}`,
		"doubled field":       `{"t":"linked","peers":1,"peers":2}`,
		"doubled type":        `{"t":"more","t":"bye"}`,
		"upper case":          `{"T":"more"}`,
		"missing field":       `{"t":"linked"}`,
		"null field":          `{"t":"linked","peers":null}`,
		"true":                `{"t":"linked","peers":true}`,
		"negative":            `{"t":"linked","peers":-1}`,
		"minus zero":          `{"t":"linked","peers":-0}`,
		"fraction":            `{"t":"linked","peers":1.0}`,
		"exponent":            `{"t":"linked","peers":1e1}`,
		"above its bound":     `{"t":"linked","peers":257}`,
		"above 2^53":          `{"t":"ping","at":9007199254740992}`,
		"far above":           `{"t":"ping","at":99999999999999999999999999}`,
		"text for number":     `{"t":"linked","peers":"1"}`,
		"nested":              `{"t":"more","x":{"y":1}}`,
		"deep":                `{"t":"more","x":` + strings.Repeat("[", 5000),
		"peer zero":           `{"t":"refused","peer":"0000000000000000"}`,
		"short peer":          `{"t":"refused","peer":"1"}`,
		"upper-case peer":     `{"t":"refused","peer":"000000000000000A"}`,
		"long token":          `{"t":"hello","token":"` + strings.Repeat("a", TokenMax+1) + `"}`,
		"long offer":          `{"t":"signal","to":"0000000000000001","kind":"offer","data":"` + long + `"}`,
		"long candidate":      `{"t":"signal","to":"0000000000000001","kind":"candidate","data":"` + long[:CandidateMax+1] + `"}`,
		"unknown kind":        `{"t":"signal","to":"0000000000000001","kind":"pranswer","data":""}`,
		"mid with a line end": `{"t":"signal","to":"0000000000000001","kind":"candidate","data":"","mid":"0\r\n"}`,
		"long mid":            `{"t":"signal","to":"0000000000000001","kind":"candidate","data":"","mid":"00000000000000000"}`,
		"line 16":             `{"t":"signal","to":"0000000000000001","kind":"candidate","data":"","line":16}`,
		"not UTF-8":           "{\"t\":\"hello\",\"token\":\"\xff\"}",
		"too large":           `{"t":"hello","token":"` + strings.Repeat("a", MessageMax) + `"}`,
		"too many fields":     `{"t":"more","a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1}`,
	} {
		if m, err := DecodeViewer([]byte(text)); err == nil || !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: heard %#v, %v", name, m, err)
		}
	}
	many := `{"t":"peers","dial":[` + strings.Repeat(`"0000000000000001",`, PeersMax) + `"0000000000000001"],"expect":[]}`
	for name, text := range map[string]string{
		"a viewer's type":     `{"t":"more"}`,
		"list of numbers":     `{"t":"peers","dial":[1],"expect":[]}`,
		"list of both":        `{"t":"follow","tracks":[0,"1"]}`,
		"list of fractions":   `{"t":"follow","tracks":[0.5]}`,
		"no tracks":           `{"t":"follow","tracks":[]}`,
		"tracks descend":      `{"t":"follow","tracks":[2,0]}`,
		"a track twice":       `{"t":"follow","tracks":[2,2]}`,
		"track out of bounds": `{"t":"follow","tracks":[8]}`,
		"tracks as text":      `{"t":"follow","tracks":["0"]}`,
		"a place below 0":     `{"t":"at","ms":-1}`,
		"a place as text":     `{"t":"at","ms":"1"}`,
		"a track alone":       `{"t":"follow","tracks":0}`,
		"list of lists":       `{"t":"peers","dial":[[]],"expect":[]}`,
		"list that never end": `{"t":"peers","dial":["0000000000000001"`,
		"long list":           many,
		"track 8":             `{"t":"edge","track":8,"msn":1,"part":1,"epoch":1}`,
		"stripe 17":           `{"t":"seed","stripes":65536}`,
	} {
		if m, err := DecodeTracker([]byte(text)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: heard %#v, %v", name, m, err)
		}
	}
}

// What is read means one thing: encoding it again and reading that gives the same.
func FuzzDecode(f *testing.F) {
	for _, m := range viewerSays {
		f.Add(EncodeViewer(m))
	}
	for _, m := range trackerSays {
		f.Add(EncodeTracker(m))
	}
	f.Add([]byte(`{"t":"peers","dial":["0000000000000001","x"],"expect":[[`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := DecodeViewer(b); err == nil {
			again, err := DecodeViewer(EncodeViewer(m))
			if err != nil || !reflect.DeepEqual(again, m) {
				t.Fatalf("%#v reads back as %#v, %v", m, again, err)
			}
		} else if !errors.Is(err, ErrMalformed) {
			t.Fatalf("a foreign error: %v", err)
		}
		if m, err := DecodeTracker(b); err == nil {
			again, err := DecodeTracker(EncodeTracker(m))
			if err != nil || !reflect.DeepEqual(again, m) {
				t.Fatalf("%#v reads back as %#v, %v", m, again, err)
			}
		}
	})
}

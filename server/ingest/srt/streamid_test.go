package srt

import (
	"errors"
	"strings"
	"testing"
)

func TestStreamIDsThatEncodersSend(t *testing.T) {
	for id, want := range map[string]asked{
		"KEY":                                   {"KEY", "", false},
		"KEY?takeover=1":                        {"KEY", "", true},
		"publish:KEY":                           {"KEY", "", false},
		"publish:fish:KEY":                      {"KEY", "fish", false},
		"publish:fish:KEY?takeover=1":           {"KEY", "fish", true},
		"#!::r=fish,m=publish,u=KEY":            {"KEY", "fish", false},
		"#!::m=publish,r=live/fish,token=KEY":   {"KEY", "fish", false},
		"#!::r=KEY,m=publish":                   {"KEY", "", false},
		"#!::r=KEY":                             {"KEY", "", false},
		"#!::r=fish,u=KEY,takeover=1":           {"KEY", "fish", true},
		"#!::r=fish,m=publish,u=KEY?takeover=1": {"KEY", "fish", true},
		"#!::r=fish?takeover=1,m=publish,u=KEY": {"KEY", "fish", true},
		"#!::h=host,r=fish,s=1,t=stream,u=KEY":  {"KEY", "fish", false},
	} {
		if got, err := readStreamID(id); err != nil || got != want {
			t.Errorf("%q is read as %+v, %v", id, got, err)
		}
	}
}

func TestStreamIDsThatAreRefused(t *testing.T) {
	for id, want := range map[string]error{
		"": errNoKey, "publish:": errNoKey, "publish:fish:": errNoKey, "#!::m=publish": errNoKey, "#!::r=fish,u=": errNoKey, "?takeover=1": errNoKey,
		"read:fish": errMode, "play:x": errMode, "#!::r=fish,m=request,u=KEY": errMode, "#!::r=fish,m=bidirectional": errMode,
		"publish:a:b:c": errForm, "other:KEY": errForm, "#!::": errForm, "#!::r": errForm, "#!::r=a,r=b": errForm, "#!::u=a,token=b": errForm,
		"a b": errForm, "k\x00": errForm, "\xff": errForm,
	} {
		if got, err := readStreamID(id); !errors.Is(err, want) {
			t.Errorf("%q is read as %+v, %v", id, got, err)
		}
	}
}

func FuzzStreamID(f *testing.F) {
	for _, id := range []string{"KEY", "publish:fish:KEY?takeover=1", "#!::r=live/fish,m=publish,u=KEY,takeover=1", "#!::r=KEY"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		a, err := readStreamID(id)
		if err != nil {
			return
		}
		if a.key == "" || !strings.Contains(id, a.key) || !strings.Contains(id, a.name) || strings.ContainsAny(a.key, " ?") {
			t.Errorf("%q is read as %+v", id, a)
		}
		if a.takeover && !strings.Contains(id, "takeover") {
			t.Errorf("%q asks for no takeover", id)
		}
	})
}

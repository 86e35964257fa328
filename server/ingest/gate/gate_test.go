package gate

import (
	"strings"
	"testing"
)

func TestKeysAsTheyAreEntered(t *testing.T) {
	for text, want := range map[string]struct {
		key      string
		takeover bool
	}{
		"abc": {"abc", false}, "abc?takeover=1": {"abc", true}, "abc?x=1&takeover=true": {"abc", true}, "abc?takeover=0": {"abc", false},
		"abc?takeover": {"abc", false}, "?takeover=yes": {"", true}, "": {"", false}, "a?b?takeover=1": {"a", false},
	} {
		if key, takeover := ReadKey(text); key != want.key || takeover != want.takeover {
			t.Errorf("%q is read as %q, %v", text, key, takeover)
		}
	}
}

func FuzzReadKey(f *testing.F) {
	f.Add("abc?takeover=1")
	f.Fuzz(func(t *testing.T, text string) {
		key, takeover := ReadKey(text)
		if strings.Contains(key, "?") || !strings.HasPrefix(text, key) || takeover && !strings.Contains(text, takeoverWord) {
			t.Errorf("%q is read as %q, %v", text, key, takeover)
		}
	})
}

package blob_test

import (
	"path"
	"path/filepath"
	"strings"
	"testing"

	"shoal/blob"
)

func FuzzCheckName(f *testing.F) {
	for _, name := range []string{"a", "a/b.mp4", "..", "a/../b", "con", "a/.b", "é"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if blob.CheckName(name) != nil {
			return
		}
		if name != path.Clean(name) || !filepath.IsLocal(name) || strings.ToLower(name) != name || len(name) > blob.NameMax {
			t.Errorf("%q is taken for a name", name)
		}
	})
}

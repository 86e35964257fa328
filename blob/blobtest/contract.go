package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"shoal/blob"
)

// Contract runs the contract. open returns an empty store with room for at least 1 MiB; whoever opens closes it with
// t.Cleanup.
func Contract(t *testing.T, open func(t *testing.T) blob.Store) {
	for name, test := range map[string]func(*testing.T, blob.Store){
		"gives back what was put":             givesBack,
		"replaces whole":                      replaces,
		"an open blob outlives its name":      outlives,
		"a failed put leaves the old":         failedPut,
		"deletes":                             deletes,
		"lists by prefix and name":            lists,
		"refuses names":                       refusesNames,
		"a cancelled call does nothing":       cancelled,
		"readers never see half":              neverHalf,
		"a blob is not a directory of others": notDirectory,
		"behaves like a map":                  likeMap,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func put(t *testing.T, s blob.Store, name, text string) {
	t.Helper()
	if err := s.Put(t.Context(), name, strings.NewReader(text)); err != nil {
		t.Fatalf("Put %s: %v", name, err)
	}
}

func get(t *testing.T, s blob.Store, name string) (string, error) {
	t.Helper()
	r, err := s.Open(t.Context(), name)
	if err != nil {
		return "", err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	return string(b), err
}

func expect(t *testing.T, s blob.Store, name, want string) {
	t.Helper()
	if got, err := get(t, s, name); err != nil || got != want {
		t.Errorf("%s holds %.40q, %v; want %.40q", name, got, err, want)
	}
	if info, err := s.Stat(t.Context(), name); err != nil || info.Name != name || info.Size != int64(len(want)) || info.Modified.IsZero() {
		t.Errorf("Stat %s: %+v, %v", name, info, err)
	}
}

func expectNone(t *testing.T, s blob.Store, name string) {
	t.Helper()
	if _, err := s.Open(t.Context(), name); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("Open %s: %v, want ErrNotFound", name, err)
	}
	if _, err := s.Stat(t.Context(), name); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("Stat %s: %v, want ErrNotFound", name, err)
	}
	if err := s.Delete(t.Context(), name); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("Delete %s: %v, want ErrNotFound", name, err)
	}
}

func names(t *testing.T, s blob.Store, prefix string) (all []string) {
	t.Helper()
	for info, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatalf("List %q: %v", prefix, err)
		}
		all = append(all, info.Name)
	}
	return all
}

func givesBack(t *testing.T, s blob.Store) {
	expectNone(t, s, "a/b")
	for _, text := range []string{"", "x", strings.Repeat("shoal ", 50_000)} {
		put(t, s, "a/b", text)
		expect(t, s, "a/b", text)
	}
	r, err := s.Open(t.Context(), "a/b")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if at, err := r.Seek(-6, io.SeekEnd); err != nil || at != 6*49_999 {
		t.Errorf("Seek: %d, %v", at, err)
	}
	if tail, err := io.ReadAll(r); err != nil || string(tail) != "shoal " {
		t.Errorf("the end is %q, %v", tail, err)
	}
}

func replaces(t *testing.T, s blob.Store) {
	put(t, s, "a", "a long first text")
	put(t, s, "a", "short")
	expect(t, s, "a", "short")
	if all := names(t, s, ""); !slices.Equal(all, []string{"a"}) {
		t.Errorf("names %v", all)
	}
}

func outlives(t *testing.T, s blob.Store) {
	put(t, s, "a", "first")
	r, err := s.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	put(t, s, "a", "second")
	if err := s.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || string(b) != "first" {
		t.Errorf("read %q, %v; want what was there when it was opened", b, err)
	}
}

func failedPut(t *testing.T, s blob.Store) {
	put(t, s, "a", "first")
	broken := errors.New("the line broke")
	half := io.MultiReader(strings.NewReader("half of the sec"), failing{broken})
	if err := s.Put(t.Context(), "a", half); !errors.Is(err, broken) {
		t.Errorf("Put returned %v, want the reader's error", err)
	}
	expect(t, s, "a", "first")
	if err := s.Put(t.Context(), "b", failing{broken}); !errors.Is(err, broken) {
		t.Errorf("Put returned %v, want the reader's error", err)
	}
	expectNone(t, s, "b")
}

func deletes(t *testing.T, s blob.Store) {
	put(t, s, "a/b", "x")
	put(t, s, "a/c", "y")
	if err := s.Delete(t.Context(), "a/b"); err != nil {
		t.Fatal(err)
	}
	expectNone(t, s, "a/b")
	expectNone(t, s, "a")
	expect(t, s, "a/c", "y")
	put(t, s, "a/b", "again")
	expect(t, s, "a/b", "again")
}

func lists(t *testing.T, s blob.Store) {
	all := []string{"a-b", "a.b/c", "a/b/c", "a/b/d", "a/bc", "a0", "b"} // sorted as whole names
	for _, name := range slices.Backward(all) {
		put(t, s, name, name)
	}
	for prefix, want := range map[string][]string{
		"": all, "a/": {"a/b/c", "a/b/d", "a/bc"}, "a/b": {"a/b/c", "a/b/d", "a/bc"}, "a/b/": {"a/b/c", "a/b/d"},
		"a/b/c": {"a/b/c"}, "c": nil, "a/b/c/d": nil, "../": nil, "a.": {"a.b/c"},
	} {
		if got := names(t, s, prefix); !slices.Equal(got, want) {
			t.Errorf("List %q: %v, want %v", prefix, got, want)
		}
	}
	for info, err := range s.List(t.Context(), "a") {
		if err != nil || info.Name != "a-b" || info.Size != 3 {
			t.Errorf("first is %+v, %v", info, err)
		}
		break // stopping early is fine
	}
}

func refusesNames(t *testing.T, s blob.Store) {
	for _, name := range []string{"", ".", "..", "../a", "a/../b", "/a", "a/", "a//b", ".a", "a/.b", "A", "a b", "a\\b", "a\x00", "ä",
		"a.", "a./b", "-a", "c:a", strings.Repeat("a", blob.NameMax+1), strings.Repeat("a/", blob.DepthMax) + "a"} {
		if err := s.Put(t.Context(), name, strings.NewReader("x")); !errors.Is(err, blob.ErrName) {
			t.Errorf("Put %q: %v, want ErrName", name, err)
		}
		if _, err := s.Open(t.Context(), name); !errors.Is(err, blob.ErrName) {
			t.Errorf("Open %q: %v, want ErrName", name, err)
		}
		if _, err := s.Stat(t.Context(), name); !errors.Is(err, blob.ErrName) {
			t.Errorf("Stat %q: %v, want ErrName", name, err)
		}
		if err := s.Delete(t.Context(), name); !errors.Is(err, blob.ErrName) {
			t.Errorf("Delete %q: %v, want ErrName", name, err)
		}
	}
	if all := names(t, s, ""); len(all) != 0 {
		t.Errorf("refused names left %v", all)
	}
}

func cancelled(t *testing.T, s blob.Store) {
	put(t, s, "a", "first")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Put(ctx, "a", strings.NewReader("second")); !errors.Is(err, context.Canceled) {
		t.Errorf("Put: %v", err)
	}
	if _, err := s.Open(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("Open: %v", err)
	}
	if err := s.Delete(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("Delete: %v", err)
	}
	for _, err := range s.List(ctx, "") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("List: %v", err)
		}
	}
	expect(t, s, "a", "first")
}

func neverHalf(t *testing.T, s blob.Store) {
	const size = 10_000
	text := func(n int) []byte { return bytes.Repeat([]byte{byte('a' + n)}, size) }
	put(t, s, "a", string(text(0)))
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			for range 20 {
				if err := s.Put(t.Context(), "a", bytes.NewReader(text(n))); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 50 {
				got, err := get(t, s, "a")
				if err != nil || len(got) != size || strings.Count(got, got[:1]) != size {
					t.Errorf("read %d bytes, mixed or cut: %v", len(got), err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// notDirectory lets a body refuse one of two names of which one begins with the other and '/', but not lose either.
func notDirectory(t *testing.T, s blob.Store) {
	put(t, s, "a", "blob")
	expectNone(t, s, "a/b")
	if err := s.Put(t.Context(), "a/b", strings.NewReader("below")); err == nil {
		expect(t, s, "a/b", "below")
	}
	expect(t, s, "a", "blob")
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

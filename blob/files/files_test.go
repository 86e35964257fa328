package files_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shoal/blob"
	"shoal/blob/blobtest"
	"shoal/blob/files"
)

// TestMain has the contract's random part run less often than by default: every Put waits for a disk.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "15"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func open(t *testing.T, dir string) *files.Store {
	t.Helper()
	s, err := files.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestContract(t *testing.T) {
	blobtest.Contract(t, func(t *testing.T) blob.Store { return open(t, filepath.Join(t.TempDir(), "blobs")) })
}

func TestKeepsOverRestart(t *testing.T) {
	dir := t.TempDir()
	if err := open(t, dir).Put(t.Context(), "a/b", strings.NewReader("kept")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".incoming", "half"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	if info, err := s.Stat(t.Context(), "a/b"); err != nil || info.Size != 4 {
		t.Errorf("after a restart: %+v, %v", info, err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, ".incoming")); err != nil || len(left) != 0 {
		t.Errorf("half-written files stay: %v, %v", left, err)
	}
}

func TestLinksLeadNowhere(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := open(t, dir)
	if err := errors.Join(os.Symlink(outside, filepath.Join(dir, "out")), os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "file"))); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"out/secret", "file"} {
		if _, err := s.Open(t.Context(), name); err == nil {
			t.Errorf("%s leads outside", name)
		}
	}
	if err := s.Put(t.Context(), "out/new", strings.NewReader("x")); err == nil {
		t.Error("a blob was written outside")
	}
	if err := s.Put(t.Context(), "file", strings.NewReader("x")); err != nil {
		t.Errorf("a link is replaced, not followed: %v", err)
	}
	if b, err := os.ReadFile(filepath.Join(outside, "secret")); err != nil || string(b) != "secret" {
		t.Errorf("the file outside holds %q, %v", b, err)
	}
}

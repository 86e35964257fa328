package sqlite_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"shoal/server/channel"
	"shoal/server/store/sqlite"
	"shoal/server/store/storetest"
)

func open(t *testing.T, dir string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestChannels(t *testing.T) {
	storetest.Channels(t, func(t *testing.T) channel.Rows { return open(t, t.TempDir()) })
}

// A second process adds a channel while the first serves: here a second store, which shares nothing but the file.
func TestTwoStoresOnOneFile(t *testing.T) {
	dir := t.TempDir()
	serving, err := channel.Open(t.Context(), channel.Config{Rows: open(t, dir)})
	if err != nil {
		t.Fatal(err)
	}
	adding, err := channel.Open(t.Context(), channel.Config{Rows: open(t, dir)})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 20 {
			if _, err := serving.List(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	for _, name := range []string{"reef", "kelp", "sand"} {
		added, key, err := adding.Add(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := serving.ByStreamKey(t.Context(), key); err != nil || got != added {
			t.Errorf("the serving process admits %+v, %v; want %+v", got, err, added)
		}
	}
	wg.Wait()
}

func TestOpenAtOnceMigratesOnce(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := sqlite.Open(t.Context(), dir)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestFileIsPrivate(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := s.ListChannels(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			t.Errorf("%s has mode %o", f.Name(), mode)
		}
	}
}

func TestOddPaths(t *testing.T) {
	for _, name := range []string{"a b", "per%cent", "question?mark", "hash#tag", "plus+and&"} {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		open(t, dir)
		if _, err := os.Stat(filepath.Join(dir, sqlite.File+"-wal")); err != nil {
			t.Errorf("%q: the database is not where it should be: %v", name, err)
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	if _, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "missing")); err == nil || !strings.Contains(err.Error(), "data directory") {
		t.Errorf("missing directory: %v", err)
	}
	garbage := t.TempDir()
	if err := os.WriteFile(filepath.Join(garbage, sqlite.File), []byte(strings.Repeat("not a database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), garbage); err == nil || !strings.Contains(err.Error(), sqlite.File) {
		t.Errorf("garbage: %v", err)
	}
	newer := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(newer, sqlite.File))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("PRAGMA user_version = 1000"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(context.Background(), newer); err == nil || !strings.Contains(err.Error(), "newer shoal") {
		t.Errorf("newer schema: %v", err)
	}
}

// Another program that holds the file for writing stops no reader: nobody who is live, or wants to be looked up, waits.
func TestReadsGoOnWhileTheFileIsHeld(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	holder, err := sql.Open("sqlite", filepath.Join(dir, sqlite.File))
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	holder.SetMaxOpenConns(1)
	if _, err := holder.Exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ListChannels(t.Context()); err != nil {
		t.Errorf("a read: %v", err)
	}
	if _, err := holder.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
}

// Parameters are bound by number, not by place: a driver that swaps them would corrupt rows without an error.
func TestParametersBindByNumber(t *testing.T) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var a, b string
	if err := db.QueryRow("SELECT $2, $1", "first", "second").Scan(&a, &b); err != nil || a != "second" || b != "first" {
		t.Errorf("SELECT $2, $1 gave %q, %q, %v", a, b, err)
	}
}

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

	_ "modernc.org/sqlite" // the driver
)

// File is the name of the database in the data directory.
const File = "shoal.db"

const (
	// busyMS is how long a statement waits for another process's write before it fails.
	busyMS = 5000
	// readersMax bounds the reading connections; each costs a page cache.
	readersMax = 4
)

// Store is an open database. Its methods may be called at once.
type Store struct {
	write *sql.DB // one connection: writers queue here instead of finding the file busy
	read  *sql.DB
}

// Open opens the database in the data directory dir, makes it if there is none, and brings its schema up to date.
func Open(ctx context.Context, dir string) (*Store, error) {
	path := filepath.Join(dir, File)
	if err := create(path); err != nil {
		return nil, fmt.Errorf("cannot open the database: %w; check that the data directory exists and is writable", err)
	}
	write, err := sql.Open("sqlite", dsn(path, false))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	if err := migrate(ctx, write); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", path, err), write.Close())
	}
	read, err := sql.Open("sqlite", dsn(path, true))
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(min(readersMax, max(2, runtime.NumCPU())))
	return &Store{write: write, read: read}, nil
}

// Close ends all connections.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

// create makes an empty file that only its owner reads; SQLite gives its companions (-wal, -shm) the same mode.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func dsn(path string, readOnly bool) string {
	q := url.Values{
		"_busy_timeout": {fmt.Sprint(busyMS)},
		"_journal_mode": {"WAL"},
		"_synchronous":  {"FULL"},
		"_foreign_keys": {"on"},
		"_txlock":       {"immediate"},
	}
	if readOnly {
		q.Set("_query_only", "on")
		q.Set("_txlock", "deferred")
	}
	return "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?" + q.Encode()
}

package blob

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"time"
)

// The kinds of error, for errors.Is.
var (
	ErrNotFound = errors.New("no such blob")
	ErrName     = errors.New("not a blob name")
	ErrFull     = errors.New("no room for the blob")
)

// Info describes a blob.
type Info struct {
	Name     string
	Size     int64
	Modified time.Time
}

// Store is where blobs rest. Its methods may be called at once, and return ErrName for a name that CheckName refuses.
type Store interface {
	// Put makes r's bytes, to its end, the blob name, in place of any before. Whoever opens the blob meanwhile reads all
	// of the old bytes or all of the new; after an error, of r's too, the old blob stands. It returns ErrFull for want
	// of room.
	Put(ctx context.Context, name string, r io.Reader) error
	// Open returns the blob, or ErrNotFound. It can be read to its end whatever happens to the name.
	Open(ctx context.Context, name string) (io.ReadSeekCloser, error)
	// Stat returns what is known of the blob, or ErrNotFound.
	Stat(ctx context.Context, name string) (Info, error)
	// Delete forgets the blob, or returns ErrNotFound.
	Delete(ctx context.Context, name string) error
	// List yields the blobs whose names begin with prefix, by name. An error ends it. Blobs that come or go meanwhile
	// may be missed.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]
}

// Bounds on names.
const (
	NameMax  = 200 // bytes
	DepthMax = 8   // elements
)

// CheckName returns ErrName unless name is one to DepthMax elements, joined by '/', of a-z, 0-9, '.', '_' and '-', each
// beginning with a letter or digit. Such a name means the same on every file system and in every address; it can be
// neither "..", nor hidden, nor differ from another by case alone.
func CheckName(name string) error {
	if len(name) == 0 || len(name) > NameMax || strings.Count(name, "/") >= DepthMax {
		return ErrName
	}
	first := true
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			first = false
		case (c == '.' || c == '_' || c == '-') && !first:
		case c == '/' && !first:
			first = true
		default:
			return ErrName
		}
	}
	if first || name[len(name)-1] == '.' || strings.Contains(name, "./") { // some file systems drop a dot at the end
		return ErrName
	}
	return nil
}

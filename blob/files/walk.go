package files

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"shoal/blob"
)

// errStopped says that whoever lists has seen enough.
var errStopped = errors.New("stopped")

// walk yields the blobs of dir whose names begin with prefix. Their order is that of the whole names: a directory's place
// among its neighbours is that of its name with the '/'.
func (s *Store) walk(ctx context.Context, dir, prefix string, yield func(blob.Info) bool) error {
	d, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	entries, err := d.ReadDir(-1)
	if err := errors.Join(err, d.Close()); err != nil {
		return err
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(sortKey(a), sortKey(b)) })
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := path.Join(dir, e.Name())
		switch {
		case blob.CheckName(name) != nil: // .incoming, and what others put here
		case e.IsDir():
			if below(name, prefix) {
				if err := s.walk(ctx, name, prefix, yield); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return err
				}
			}
		case e.Type().IsRegular() && strings.HasPrefix(name, prefix):
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			if !yield(blob.Info{Name: name, Size: info.Size(), Modified: info.ModTime()}) {
				return errStopped
			}
		}
	}
	return nil
}

func sortKey(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}

package files

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"strings"
	"syscall"

	"shoal/blob"
)

// incoming holds what is being written. No blob's name begins with a dot.
const incoming = ".incoming"

// Store keeps blobs in one directory.
type Store struct{ root *os.Root }

var _ blob.Store = (*Store)(nil)

// Open returns the store in dir, which is made if need be, and drops what an earlier process left half-written.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the blob directory: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot open the blob directory: %w", err)
	}
	if err := errors.Join(root.RemoveAll(incoming), root.Mkdir(incoming, 0o700)); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot write to the blob directory: %w", err), root.Close())
	}
	return &Store{root: root}, nil
}

// Close lets go of the directory. Readers stay good.
func (s *Store) Close() error { return s.root.Close() }

// Put is of blob.Store.
func (s *Store) Put(ctx context.Context, name string, r io.Reader) error {
	if err := blob.CheckName(name); err != nil {
		return err
	}
	temporary := path.Join(incoming, rand.Text())
	if err := s.write(ctx, temporary, r); err != nil {
		_ = s.root.Remove(temporary) // what stays goes with the next Open
		return kind(err)
	}
	if err := s.place(temporary, name); err != nil {
		_ = s.root.Remove(temporary)
		return kind(err)
	}
	return nil
}

// write makes a synced file of r's bytes.
func (s *Store) write(ctx context.Context, temporary string, r io.Reader) error {
	f, err := s.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, whileAlive{ctx: ctx, r: r})
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// place gives a file its name, and makes the name durable.
func (s *Store) place(temporary, name string) error {
	dir := path.Dir(name)
	if err := s.makeDirs(dir); err != nil {
		return err
	}
	if err := s.root.Rename(temporary, name); err != nil {
		return err
	}
	return s.sync(dir)
}

// makeDirs makes dir and whatever is missing above it, each synced into its parent.
func (s *Store) makeDirs(dir string) error {
	if dir == "." {
		return nil
	}
	if _, err := s.root.Stat(dir); err == nil {
		return nil
	}
	if err := s.makeDirs(path.Dir(dir)); err != nil {
		return err
	}
	if err := s.root.Mkdir(dir, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		return err
	}
	return s.sync(path.Dir(dir))
}

func (s *Store) sync(dir string) error {
	d, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open is of blob.Store.
func (s *Store) Open(ctx context.Context, name string) (io.ReadSeekCloser, error) {
	if _, err := s.Stat(ctx, name); err != nil {
		return nil, err
	}
	f, err := s.root.Open(name)
	if err != nil {
		return nil, kind(err)
	}
	return f, nil
}

// Stat is of blob.Store.
func (s *Store) Stat(ctx context.Context, name string) (blob.Info, error) {
	if err := blob.CheckName(name); err != nil {
		return blob.Info{}, err
	}
	if err := ctx.Err(); err != nil {
		return blob.Info{}, err
	}
	info, err := s.root.Lstat(name)
	if err != nil {
		return blob.Info{}, kind(err)
	}
	if !info.Mode().IsRegular() {
		return blob.Info{}, blob.ErrNotFound
	}
	return blob.Info{Name: name, Size: info.Size(), Modified: info.ModTime()}, nil
}

// Delete is of blob.Store. Directories stay: another Put may be about to use them.
func (s *Store) Delete(ctx context.Context, name string) error {
	if _, err := s.Stat(ctx, name); err != nil {
		return err
	}
	return kind(s.root.Remove(name))
}

// List is of blob.Store.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		err := s.walk(ctx, ".", prefix, func(info blob.Info) bool { return yield(info, nil) })
		if err != nil && !errors.Is(err, errStopped) {
			yield(blob.Info{}, kind(err))
		}
	}
}

// kind turns what the system says into what blob says.
func kind(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR): // a blob where the name needs a directory
		return blob.ErrNotFound
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: %w", blob.ErrFull, err)
	}
	return err
}

// whileAlive reads from r until ctx is done.
type whileAlive struct {
	ctx context.Context
	r   io.Reader
}

func (w whileAlive) Read(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.r.Read(b)
}

// below reports whether a directory can hold names that begin with prefix.
func below(dir, prefix string) bool {
	dir += "/"
	return strings.HasPrefix(dir, prefix) || strings.HasPrefix(prefix, dir)
}

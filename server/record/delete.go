package record

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"shoal/id"
)

// goneSuffix marks what is being deleted: half a recording must never be taken for a whole one.
const goneSuffix = ".gone"

// Delete deletes a sealed recording or a clip, or returns ErrNotFound.
func (s *Shelf) Delete(key Key) error {
	s.mu.Lock()
	_, known := s.sealed[key.plain()]
	s.mu.Unlock()
	if !known {
		return ErrNotFound
	}
	s.forget(key)
	return Remove(s.dir, key)
}

// Sealed returns a channel's recordings below dir that are whole, newest first, without opening a shelf: it may run beside one.
func Sealed(dir string, channel id.Channel) ([]Summary, error) { return sealedIn(dir, channel, false) }

// SealedClips is Sealed of clips.
func SealedClips(dir string, channel id.Channel) ([]Summary, error) {
	return sealedIn(dir, channel, true)
}

func sealedIn(dir string, channel id.Channel, clips bool) ([]Summary, error) {
	names, err := os.ReadDir(filepath.Join(dir, channel.String()))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var list []Summary
	for _, d := range names {
		key, ok := parseDir(channel, d.Name())
		if !ok || (key.Clip != "") != clips {
			continue
		}
		b, err := readBounded(filepath.Join(dir, key.dir(), sealedFile), summaryMax)
		if err != nil {
			continue
		}
		if s, err := parseSealed(b, key); err == nil {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, newerFirst)
	return list, err
}

// DeleteSealed deletes a recording below dir by its number, or a clip by its name. It returns ErrGrowing if it is not whole yet, and ErrNotFound if
// there is none. It may run beside a shelf, which notices.
func DeleteSealed(dir string, channel id.Channel, which string) error {
	key, ok := parseDir(channel, which)
	if !ok {
		key, ok = parseDir(channel, clipPrefix+which)
	}
	if !ok {
		return ErrNotFound
	}
	if _, err := os.Stat(filepath.Join(dir, key.dir(), sealedFile)); err != nil {
		if _, there := os.Stat(filepath.Join(dir, key.dir())); there == nil && errors.Is(err, os.ErrNotExist) {
			return ErrGrowing
		}
		return gone(err)
	}
	return Remove(dir, key)
}

// Remove deletes a recording's directory below dir, or returns ErrNotFound.
func Remove(dir string, key Key) error {
	path := filepath.Join(dir, key.dir())
	if err := os.Rename(path, path+goneSuffix); err != nil {
		return gone(err)
	}
	return os.RemoveAll(path + goneSuffix)
}

// removedFile, in a channel's directory, says that the channel is no more and that nothing of it is to be kept.
const removedFile = "removed"

// DeleteChannel deletes all that is kept of a channel below dir, and has what is still written be deleted by who writes it, once it is
// whole. It may run beside a shelf, which notices.
func DeleteChannel(dir string, channel id.Channel) error {
	names, err := os.ReadDir(filepath.Join(dir, channel.String()))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, channel.String(), removedFile), nil, 0o600); err != nil {
		return err
	}
	left := false
	for _, d := range names {
		key, ok := parseDir(channel, d.Name())
		if !ok || !d.IsDir() {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, key.dir(), sealedFile)); err != nil {
			left = true
			continue
		}
		if err := Remove(dir, key); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	if !left {
		return os.RemoveAll(filepath.Join(dir, channel.String()))
	}
	return nil
}

// clearAway deletes what is kept of channels that are no more, as far as nothing of it is still written.
func (r *Recorder) clearAway() {
	shelf := r.config.Shelf
	for _, s := range r.sealed() {
		if _, err := os.Stat(filepath.Join(shelf.dir, s.Key.Channel.String(), removedFile)); err == nil {
			r.remove(s, "its channel was removed")
		}
	}
}

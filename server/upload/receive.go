package upload

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"shoal/id"
)

// mediaMode lets whoever ffmpeg runs as in its cage read the file by the descriptor that it is given. Nobody else comes near it:
// the directories around it are ours alone.
const mediaMode = 0o644

// untitled is the title of a file without a name: what was uploaded always has one.
const untitled = "Untitled"

// packagedShare is how much room the recording of a file may take while the file is still there: as much again.
const packagedShare = 1

// Reserve begins an upload of so many bytes, for which there is room from then on. said is what the client calls the file. Its
// error is ErrTools, ErrEmpty, ErrLarge, ErrMany, ErrQuota or ErrFull.
func (x *Inbox) Reserve(channel id.Channel, name id.Name, said string, length int64) (Report, error) {
	if err := x.Able(); err != nil {
		return Report{}, err
	}
	if length <= 0 {
		return Report{}, ErrEmpty
	}
	if length > x.config.One {
		return Report{}, ErrLarge
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.fits(channel, length); err != nil {
		return Report{}, err
	}
	e := &entry{about: about{ID: newID(), Channel: channel, Name: name, Title: cmp.Or(titleOf(said), untitled), Length: length, State: Receiving, Created: x.now().UTC()}}
	dir := x.dir(e.ID)
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		err = x.create(e)
	}
	if err != nil {
		return Report{}, errors.Join(full(err), os.RemoveAll(dir))
	}
	x.entries[e.ID] = e
	return x.report(e), nil
}

func (x *Inbox) create(e *entry) error {
	f, err := os.OpenFile(x.media(e.ID), os.O_CREATE|os.O_WRONLY|os.O_EXCL, mediaMode)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(mediaMode), f.Close()); err != nil { // whatever the umask is
		return err
	}
	if err := e.save(x.dir(e.ID)); err != nil {
		return err
	}
	return syncDir(x.config.Dir)
}

// fits returns why there is no room for so many bytes more. The caller holds mu.
func (x *Inbox) fits(channel id.Channel, length int64) error {
	var open, kept int
	var ofChannel, promised int64
	for _, e := range x.entries {
		ended := e.State.ended()
		if !ended {
			promised += e.Length - x.received(e) + packagedShare*e.Length
		}
		if e.Channel != channel {
			continue
		}
		kept++
		if !ended {
			open++
			ofChannel += e.Length
		}
	}
	if kept >= KeptMax || len(x.entries) >= EntriesMax {
		x.forgetEnded(channel)
	}
	switch {
	case open >= OpenMax, len(x.entries) >= EntriesMax:
		return ErrMany
	case ofChannel+length > x.config.Channel:
		return ErrQuota
	}
	spare, err := x.config.Press.Spare()
	if err != nil {
		return err
	}
	if spare-promised < (1+packagedShare)*length {
		return ErrFull
	}
	return nil
}

// forgetEnded drops a channel's upload that ended longest ago, to make room for another. The caller holds mu.
func (x *Inbox) forgetEnded(channel id.Channel) {
	var oldest *entry
	for _, e := range x.entries {
		if e.Channel == channel && e.State.ended() && (oldest == nil || e.Ended.Before(oldest.Ended)) {
			oldest = e
		}
	}
	if oldest != nil {
		x.drop(oldest)
	}
}

// drop deletes an upload. The caller holds mu.
func (x *Inbox) drop(e *entry) {
	if e.cancel != nil {
		e.cancel()
	}
	delete(x.entries, e.ID)
	if err := os.RemoveAll(x.dir(e.ID)); err != nil {
		x.config.Log.Error("an upload cannot be deleted", "upload", e.ID, "err", err)
	}
}

// Remove deletes an upload, whatever is being done with it, or returns ErrNotFound. Its recording, if it is ready, stays.
func (x *Inbox) Remove(channel id.Channel, upload string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.entries[upload]
	if e == nil || e.Channel != channel {
		return ErrNotFound
	}
	x.drop(e)
	return nil
}

// Write appends what src brings, from offset on and never beyond the length that was promised, and returns how much it was. Its
// error is ErrNotFound, ErrOffset, ErrBusy, ErrFull, or src's.
func (x *Inbox) Write(channel id.Channel, upload string, offset int64, src io.Reader) (n int64, err error) {
	x.mu.Lock()
	e := x.entries[upload]
	switch {
	case e == nil || e.Channel != channel:
		err = ErrNotFound
	case e.writing:
		err = ErrBusy
	case e.State != Receiving || x.received(e) != offset:
		err = ErrOffset
	default:
		e.writing = true
	}
	x.mu.Unlock()
	if err != nil {
		return 0, err
	}
	defer func() {
		x.mu.Lock()
		e.writing = false
		x.mu.Unlock()
	}()
	f, err := os.OpenFile(x.media(upload), os.O_WRONLY|os.O_APPEND, 0)
	if errors.Is(err, os.ErrNotExist) { // it was removed meanwhile
		return 0, ErrNotFound
	}
	if err != nil {
		return 0, err
	}
	n, err = io.Copy(f, io.LimitReader(src, e.Length-offset))
	return n, errors.Join(full(err), f.Close())
}

// full turns the system's words for a full disk into ours.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// Received says that all of an upload is there: it waits for its turn from then on. Before that it returns ErrOffset.
func (x *Inbox) Received(channel id.Channel, upload string) error {
	f, err := os.Open(x.media(upload))
	if err == nil {
		err = errors.Join(f.Sync(), f.Close())
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.entries[upload]
	switch {
	case e == nil || e.Channel != channel:
		return ErrNotFound
	case e.State != Receiving:
		return nil
	case err != nil:
		return err
	case x.received(e) != e.Length:
		return ErrOffset
	}
	x.config.Log.Info("an upload is received", "channel", e.Name, "upload", e.ID, "bytes", e.Length)
	err = x.move(e, Waiting, "")
	select {
	case x.kick <- struct{}{}:
	default: // somebody looks already
	}
	return err
}

// move changes an upload's state, durably. The caller holds mu.
func (x *Inbox) move(e *entry, to State, why string) error {
	e.State, e.Why, e.percent = to, clip(why, whyMax), 0
	if to.ended() {
		e.Ended = x.now().UTC()
	}
	if err := e.save(x.dir(e.ID)); err != nil {
		return full(err)
	}
	if to.ended() {
		return x.dropMedia(e.ID)
	}
	return nil
}

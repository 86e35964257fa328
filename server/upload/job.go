package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// Bounds of the work on one upload.
const (
	// probeWithin is how long ffprobe may look at a file.
	probeWithin = 30 * time.Second
	// stallMax is how long ffmpeg may write nothing.
	stallMax = 2 * time.Minute
	// packageFactor and packageLeast bound the whole: a slow machine that encodes behind everything else takes several times as long
	// as the video lasts.
	packageFactor = 10
	packageLeast  = 10 * time.Minute
	// What the programs may have of memory, in addresses: libraries alone take a quarter of the first.
	readMemory   = 1 << 30
	encodeMemory = 3 << 30
)

// oursError is a failure that is not the file's: it is tried again.
type oursError struct{ err error }

func (o oursError) Error() string { return o.err.Error() }
func (o oursError) Unwrap() error { return o.err }

// errRemoved says that an upload was deleted while it was worked on.
var errRemoved = errors.New("the upload was deleted")

// Run works on what waits, one upload at a time, until ctx is done.
func (x *Inbox) Run(ctx context.Context) error {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		x.sweep()
		tried := make(map[string]bool) // what could not be done is tried again after a rest
		for e := x.next(tried); e != nil; e = x.next(tried) {
			tried[e.ID] = true
			x.work(ctx, e)
			if ctx.Err() != nil {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-x.kick:
		case <-ticker.C:
		}
	}
}

// sweep deletes what nobody goes on with, and forgets what ended long ago.
func (x *Inbox) sweep() {
	x.mu.Lock()
	defer x.mu.Unlock()
	now := x.now()
	for _, e := range x.entries {
		switch {
		case e.State == Receiving && !e.writing && x.received(e) == e.Length: // the process ended before it could say so
			if err := x.move(e, Waiting, ""); err != nil {
				x.config.Log.Error("an upload cannot be noted as received", "upload", e.ID, "err", err)
			}
		case e.State == Receiving && !e.writing && now.Sub(x.heard(e)) > SilentMax:
			x.config.Log.Info("an unfinished upload is deleted", "channel", e.Name, "upload", e.ID, "rested", SilentMax)
			x.drop(e)
		case e.State.ended() && now.Sub(e.Ended) > ToldFor:
			x.drop(e)
		}
	}
}

// next returns the upload that waits longest and was not tried, or nil.
func (x *Inbox) next(tried map[string]bool) *entry {
	x.mu.Lock()
	defer x.mu.Unlock()
	var waiting []*entry
	for _, e := range x.entries {
		if e.State == Waiting && !tried[e.ID] {
			waiting = append(waiting, e)
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	return slices.MinFunc(waiting, func(a, b *entry) int { return a.Created.Compare(b.Created) })
}

// work makes a recording of one upload, and notes how it ended.
func (x *Inbox) work(ctx context.Context, e *entry) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err := x.begin(e, func() { cancel(errRemoved) })
	if err == nil {
		err = x.produce(ctx, e)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	e.cancel = nil
	if x.entries[e.ID] != e {
		return
	}
	said := x.config.Log.With("channel", e.Name, "upload", e.ID)
	var why refusal
	var ours oursError
	switch {
	case err == nil:
		said.Info("an upload is ready", "epoch", e.Epoch)
		err = x.move(e, Ready, "")
	case ctx.Err() != nil && !errors.As(err, &why): // the server ends: that is not the file's fault
		e.Attempts--
		err = x.move(e, Waiting, "")
	case errors.As(err, &why):
		said.Info("an upload is refused", "because", string(why))
		err = x.move(e, Refused, string(why))
	case errors.As(err, &ours):
		said.Warn("an upload waits", "because", err)
		e.Attempts--
		err = x.move(e, Waiting, waitingFor(err))
	default:
		said.Info("an upload cannot be read", "err", err)
		err = x.move(e, Refused, "The file is damaged, or of a kind that this server cannot read. Convert it to MP4 (H.264 and AAC) and send that.")
	}
	if err != nil {
		said.Error("how an upload stands cannot be written", "err", err)
	}
}

// waitingFor says why something is tried again later.
func waitingFor(err error) string {
	switch {
	case errors.Is(err, ErrTools):
		return "It waits until ffmpeg is installed on the server."
	case errors.Is(err, ErrFull):
		return "It waits until there is room on the server's disk."
	}
	return "The server could not keep it. It is tried again in half a minute; the server's log says more."
}

// begin notes that an upload is worked on, before anything can go wrong.
func (x *Inbox) begin(e *entry, cancel func()) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.entries[e.ID] != e {
		return errRemoved
	}
	if err := x.config.Tools.Ready(); err != nil {
		e.Attempts++ // work takes it back
		return oursError{fmt.Errorf("%w: %w", ErrTools, err)}
	}
	if e.Attempts >= attemptsMax {
		e.Attempts++
		return refusal("The server ended each time that it worked on this file. Convert it to MP4 (H.264 and AAC) and send that.")
	}
	e.Attempts++
	e.cancel = cancel
	if err := x.move(e, Probing, ""); err != nil {
		return oursError{err}
	}
	return nil
}

// produce makes the recording.
func (x *Inbox) produce(ctx context.Context, e *entry) error {
	f, err := os.Open(x.media(e.ID))
	if err != nil {
		return oursError{err}
	}
	defer f.Close() // it was only read
	form, err := sniff(f, e.Length)
	if err != nil {
		return err
	}
	facts, err := x.probe(ctx, f, form)
	if err != nil {
		return err
	}
	p := planOf(facts, form)
	err = x.pack(ctx, e, f, form, facts, p)
	var why refusal
	var ours oursError
	if err == nil || ctx.Err() != nil || errors.As(err, &why) || errors.As(err, &ours) || p == (plan{}) {
		return err
	}
	x.config.Log.Info("an upload is encoded anew", "channel", e.Name, "upload", e.ID, "because", err)
	return x.pack(ctx, e, f, form, facts, plan{})
}

// probe asks ffprobe what is in the file.
func (x *Inbox) probe(ctx context.Context, f *os.File, form form) (facts, error) {
	ctx, stop := context.WithTimeoutCause(ctx, probeWithin, refusal("The file could not be understood within half a minute. Convert it to MP4 anew."))
	defer stop()
	var heard bytes.Buffer
	err := x.config.Tools.Run(ctx, Errand{
		Probe: true, Args: probing(form), File: f, Memory: readMemory,
		Read: func(r io.Reader) error {
			n, err := io.Copy(&heard, io.LimitReader(r, factsMax+1))
			if n > factsMax {
				return errFacts
			}
			return err
		},
	})
	if err != nil {
		return facts{}, x.blame(err)
	}
	return parseFacts(heard.Bytes())
}

// blame marks what is not the file's fault.
func (x *Inbox) blame(err error) error {
	if errors.Is(err, ErrTools) {
		return oursError{err}
	}
	return err
}

// pack has ffmpeg write the file as samples, and makes a recording of them.
func (x *Inbox) pack(ctx context.Context, e *entry, f *os.File, form form, facts facts, p plan) (err error) {
	within := max(packageLeast, packageFactor*facts.lasts)
	if facts.lasts == 0 {
		within = packageFactor * LastsMax
	}
	ctx, stop := context.WithTimeoutCause(ctx, within, refusal("Packaging took too long for this server. Send the video in a smaller size."))
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := time.AfterFunc(stallMax, func() {
		cancel(refusal("ffmpeg stopped in the middle of the file. Convert it to MP4 (H.264 and AAC) and send that."))
	})
	defer stall.Stop()
	g := &packing{inbox: x, entry: e, ctx: ctx, facts: facts, copied: p.copyVideo, moved: func() { stall.Reset(stallMax) }}
	defer func() { err = errors.Join(err, g.drop()) }()
	memory := uint64(encodeMemory)
	if p.copyVideo {
		memory = readMemory
	}
	err = x.config.Tools.Run(ctx, Errand{
		Args: packaging(form, facts, p), File: f, Memory: memory,
		Read: func(r io.Reader) error { return readFragments(r, g) },
	})
	if err != nil {
		return x.blame(err)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return g.seal()
}

package upload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"shoal/server/ingest"
	"shoal/server/pack"
)

const (
	// keysApartMax is how far apart key frames may be in what is copied: encoders left to themselves send one every 250 frames,
	// which is 10 s of a film. Players seek from one to the next.
	keysApartMax = 12 * time.Second
	// partMax is the longest part: longer ones are no records (manifest.DurationMaxUS).
	partMax = 10 * time.Second
	// grownMax is how much larger than the file its recording may become, and some more for small ones: room was reserved for as much
	// again, and the disk is looked at with every part.
	grownMax   = 3
	grownSlack = 256 << 20
	// msnBits are where an epoch's media sequence numbers begin, as those of a broadcast do (docs/decisions/0004).
	msnBits = 20
)

// errCopied says that what is copied cannot be packaged as it is: it is encoded anew.
var errCopied = errors.New("it cannot be packaged as it is")

// packing makes a recording of samples. One goroutine uses it.
type packing struct {
	// set once
	inbox  *Inbox
	entry  *entry
	ctx    context.Context
	facts  facts
	copied bool   // the picture is not encoded anew
	moved  func() // something came

	sheet   Sheet // nil before the tracks
	packer  *pack.Packer
	lastKey time.Duration
	end     time.Duration // of the picture, as far as it came
	frames  int
	bytes   int64
	failed  error // of ours
}

var _ taker = (*packing)(nil)

// tracks is of taker: the recording begins.
func (g *packing) tracks(tracks []ingest.Track) error {
	x, e := g.inbox, g.entry
	epoch, err := x.config.Press.NextEpoch(g.ctx, e.Channel)
	if err != nil {
		return oursError{err}
	}
	x.mu.Lock()
	e.Epoch = epoch // durable before there can be such a recording: the next start looks for it
	err = x.move(e, Packaging, "")
	x.mu.Unlock()
	if err != nil {
		return oursError{err}
	}
	order := Order{Channel: e.Channel, Name: e.Name, Epoch: epoch, Title: e.Title, Tracks: tracks, Wall: x.now().Add(-g.facts.lasts), Came: x.now()}
	if g.packer, err = pack.New(pack.Config{}, tracks, epoch<<msnBits, order.Wall, g.add); err != nil {
		return fmt.Errorf("%w: %w", errCopied, err)
	}
	if g.sheet, err = x.config.Press.Begin(g.ctx, order); err != nil {
		return oursError{full(err)}
	}
	return nil
}

// sample is of taker.
func (g *packing) sample(s ingest.Sample) error {
	g.moved()
	if s.Track == 0 {
		if g.frames++; s.Key {
			g.lastKey = s.DTS
		} else if g.copied && s.DTS-g.lastKey > keysApartMax {
			return fmt.Errorf("%w: its key frames are more than %v apart", errCopied, keysApartMax)
		}
		g.end = max(g.end, s.DTS)
		g.tell()
	}
	err := g.packer.Write(s)
	if g.failed != nil {
		return g.failed
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errCopied, err)
	}
	return nil
}

// tell shows how far packaging is.
func (g *packing) tell() {
	if g.facts.lasts <= 0 {
		return
	}
	percent := int(min(99, 100*g.end/g.facts.lasts))
	g.inbox.mu.Lock()
	defer g.inbox.mu.Unlock()
	g.entry.percent = percent
}

// add is where the Packer's parts go.
func (g *packing) add(part pack.Part) error {
	if part.Duration > partMax {
		return fmt.Errorf("%w: nothing comes for %v", errCopied, part.Duration)
	}
	if g.bytes += int64(len(part.Data)); g.bytes > grownMax*g.entry.Length+grownSlack {
		g.failed = refusal("The recording would become far larger than the file. Send the video in a smaller size.")
		return g.failed
	}
	if err := g.sheet.Add(part); err != nil {
		g.failed = oursError{full(err)}
		return g.failed
	}
	return nil
}

// seal ends the recording, if it is as long as the file said.
func (g *packing) seal() error {
	if g.sheet == nil || g.frames == 0 {
		return refusal("No picture could be read from the file. Convert it to MP4 (H.264 and AAC) and send that.")
	}
	const tenth, slack = 10, 2 * time.Second
	if g.end+slack < g.facts.lasts-g.facts.lasts/tenth {
		return refusal(fmt.Sprintf("Only %v of %v could be read: the file is cut off or damaged. Copy it again, or repair it first.",
			g.end.Round(time.Second), g.facts.lasts.Round(time.Second)))
	}
	err := g.packer.Flush()
	if g.failed != nil {
		return g.failed
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errCopied, err)
	}
	if err := g.sheet.Seal(); err != nil {
		return oursError{full(err)}
	}
	return nil
}

// drop takes away what was not sealed.
func (g *packing) drop() error {
	if g.sheet == nil {
		return nil
	}
	return g.sheet.Drop()
}

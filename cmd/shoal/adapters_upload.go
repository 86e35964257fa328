package main

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"shoal/id"
	"shoal/server/api"
	"shoal/server/channel"
	"shoal/server/event"
	"shoal/server/ladder"
	"shoal/server/origin"
	"shoal/server/pack"
	"shoal/server/record"
	"shoal/server/upload"
)

// uploadsDir is where uploads rest until they are recordings, in the data directory.
const uploadsDir = "uploads"

// gigabyte is what settings count in.
const gigabyte = 1_000_000_000

// openUploads opens the inbox, or leaves it nil: what cannot be kept as a recording need not be received.
func (h *house) openUploads() (err error) {
	s := h.settings
	if s.Record != recordOn || s.UploadGB == 0 {
		return nil
	}
	one := h.uploadMax()
	h.uploads, err = upload.Open(upload.Config{
		Dir: filepath.Join(h.dir, uploadsDir), Tools: &uploadTools{}, Press: press{h.channels, h.shelf, h.log},
		One: one, Channel: max(one, int64(s.UploadChannelGB)*gigabyte), Log: h.log,
	})
	return err
}

// openInbox puts the inbox behind the doors, if there is one.
func (h *house) openInbox(rooms *api.Rooms) {
	if h.uploads != nil {
		rooms.Uploads, rooms.Receiver = h.uploads, h.uploads
	}
}

// uploadMax is how many bytes one upload may have.
func (h *house) uploadMax() int64 {
	most := h.settings.UploadGB
	if h.settings.KeepGB > 0 { // a larger one would be deleted as soon as it is there
		most = min(most, h.settings.KeepGB)
	}
	return int64(most) * gigabyte
}

// uploading are the tasks of the inbox, if there is one.
func (h *house) uploading() []task {
	if h.uploads == nil {
		return nil
	}
	return []task{{"the inbox of uploads", h.uploads.Run}}
}

// uploadTools are the ladder's errands as the inbox asks for them.
type uploadTools struct{ errands ladder.Errands }

var _ upload.Tools = (*uploadTools)(nil)

// Ready is of upload.Tools.
func (t *uploadTools) Ready() error { return t.errands.Ready() }

// Run is of upload.Tools.
func (t *uploadTools) Run(ctx context.Context, e upload.Errand) error {
	errand := ladder.Errand{Program: ladder.FFmpeg, File: e.File, Memory: e.Memory, Read: e.Read}
	if e.Probe {
		errand.Program = ladder.FFprobe
	}
	for _, arg := range e.Args {
		if arg == upload.Input {
			arg = ladder.ErrandFile
		}
		errand.Args = append(errand.Args, arg)
	}
	err := t.errands.Run(ctx, errand)
	if errors.Is(err, ladder.ErrNoTool) {
		err = errors.Join(upload.ErrTools, err)
	}
	return err
}

// press makes recordings of what was uploaded: an origin that nobody asks signs the parts as it signs live ones, and the shelf keeps
// them.
type press struct {
	channels *channel.Registry
	shelf    *record.Shelf
	log      *slog.Logger
}

var _ upload.Press = press{}

// NextEpoch is of upload.Press.
func (p press) NextEpoch(ctx context.Context, c id.Channel) (uint64, error) {
	return p.channels.NextEpoch(ctx, c)
}

// Has is of upload.Press.
func (p press) Has(c id.Channel, epoch uint64) bool {
	return p.shelf.Has(record.Key{Channel: c, Epoch: epoch})
}

// Spare is of upload.Press.
func (p press) Spare() (int64, error) { return p.shelf.Spare() }

// Begin is of upload.Press.
func (p press) Begin(ctx context.Context, o upload.Order) (upload.Sheet, error) {
	signer, err := p.channels.Signer(ctx, o.Channel)
	if err != nil {
		return nil, err
	}
	making, err := p.shelf.Make(record.Key{Channel: o.Channel, Epoch: o.Epoch}, o.Name, o.Title, o.Came)
	if err != nil {
		return nil, fullDisk(err)
	}
	s := &sheet{making: making, at: o.Wall}
	s.signs, err = origin.New(origin.Config{Facts: sheetFacts{s}, Log: p.log, Now: func() time.Time { return s.at }}).Open(origin.Opening{
		Channel: o.Channel, Name: o.Name, Epoch: o.Epoch, Tracks: len(o.Tracks), Signer: signer, Wall: o.Wall,
	})
	if err != nil {
		return nil, errors.Join(err, making.Drop())
	}
	return s, nil
}

// fullDisk says in the inbox's words that the disk is full.
func fullDisk(err error) error {
	if errors.Is(err, record.ErrFull) {
		return errors.Join(upload.ErrFull, err)
	}
	return err
}

// sheet is one recording in the making. One goroutine uses it.
type sheet struct {
	making *record.Making
	signs  *origin.Broadcast
	at     time.Time // of the newest part: what this origin keeps for latecomers, it forgets by it
	part   pack.Part // that is being signed
	failed error     // of the shelf
}

// Add is of upload.Sheet.
func (s *sheet) Add(part pack.Part) error {
	s.part = part
	if part.Wall.After(s.at) {
		s.at = part.Wall
	}
	if err := s.signs.Publish(part); err != nil {
		return err
	}
	return fullDisk(s.failed)
}

// Seal is of upload.Sheet.
func (s *sheet) Seal() error {
	s.part = pack.Part{} // the ends of tracks have no bytes
	if err := errors.Join(s.signs.End(), s.failed); err != nil {
		return fullDisk(err)
	}
	_, err := s.making.Seal()
	return fullDisk(err)
}

// Drop is of upload.Sheet.
func (s *sheet) Drop() error { return s.making.Drop() }

// sheetFacts hears what the sheet's origin signed, before Publish returns.
type sheetFacts struct{ sheet *sheet }

var _ origin.Facts = sheetFacts{}

// Publish is of origin.Facts.
func (f sheetFacts) Publish(fact event.Fact) {
	s := f.sheet
	switch said := fact.(type) {
	case event.CertificateSigned:
		s.making.Certify(said.Certificate)
	case event.PartPublished:
		if s.failed == nil {
			s.failed = s.making.Put(said.Manifest, s.part.Data, s.part.Init)
		}
	}
}

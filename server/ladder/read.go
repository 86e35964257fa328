package ladder

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/segment"
	"shoal/server/ingest"
)

// boxMax bounds one box of what a worker writes: no frame may be larger than a part.
const boxMax = segment.PartSizeMax + 64<<10

// made is a frame of a rung.
type made struct {
	at   int64 // when it is shown, in ticks
	key  bool
	data []byte
}

// maker hears what a worker writes on one pipe.
type maker interface {
	begins(ingest.Track)
	makes(made)
}

// read reads fragmented MP4 until r ends, which is no error between two fragments. What a worker writes may be what a publisher
// made it write: nothing of it is trusted.
func read(r io.Reader, m maker) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the worker wrote what cannot be read: %v", p)
		}
	}()
	var head, moof []byte // head is nil once it was read
	began := false
	for {
		kind, box, err := readBox(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch kind {
		case "ftyp":
			head = box
		case "moov":
			t, err := parseHead(append(head, box...))
			if err != nil {
				return err
			}
			head, began = nil, true
			m.begins(t)
		case "moof":
			moof = box
		case "mdat":
			if !began || moof == nil {
				return errors.New("the worker wrote a frame before its description")
			}
			f, err := parseFrame(moof, box)
			if err != nil {
				return err
			}
			moof = nil
			m.makes(f)
		}
	}
}

// readBox returns the next box whole, or io.EOF where none begins.
func readBox(r io.Reader) (kind string, box []byte, err error) {
	var start [8]byte
	if _, err := io.ReadFull(r, start[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return "", nil, errors.New("the worker ended within a box")
		}
		return "", nil, err
	}
	size := binary.BigEndian.Uint32(start[:])
	if size < uint32(len(start)) || size > boxMax {
		return "", nil, fmt.Errorf("the worker wrote a box of %d bytes; the most is %d", size, boxMax)
	}
	var whole bytes.Buffer // grows with what comes, not with what is promised
	whole.Write(start[:])
	if _, err := io.CopyN(&whole, r, int64(size)-int64(len(start))); err != nil {
		return "", nil, errors.New("the worker ended within a box")
	}
	return string(start[4:]), whole.Bytes(), nil
}

func parseHead(b []byte) (ingest.Track, error) {
	var init fmp4.Init
	if err := init.Unmarshal(bytes.NewReader(b)); err != nil {
		return ingest.Track{}, fmt.Errorf("read the worker's description: %w", err)
	}
	if len(init.Tracks) != 1 || init.Tracks[0].TimeScale != ticks {
		return ingest.Track{}, errors.New("the worker describes something else than one picture")
	}
	codec, ok := init.Tracks[0].Codec.(*codecs.H264)
	if !ok {
		return ingest.Track{}, fmt.Errorf("the worker writes %T instead of H.264", init.Tracks[0].Codec)
	}
	return ingest.Track{Kind: segment.Video, Codec: codec, TimeScale: ticks}, nil
}

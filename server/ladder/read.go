package ladder

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/segment"
	"shoal/server/boxes"
	"shoal/server/ingest"
)

// boxMax bounds one box of what a worker writes: no frame may be larger than a part.
const boxMax = segment.PartSizeMax + 64<<10

var errFrame = errors.New("the worker wrote a fragment that is not one frame")

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
		kind, box, err := boxes.Next(r, boxMax)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the worker wrote: %w", err)
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
			f, err := oneFrame(moof, box)
			if err != nil {
				return err
			}
			moof = nil
			m.makes(f)
		}
	}
}

// oneFrame reads a fragment of one frame: moof and mdat, each with its head.
func oneFrame(moof, mdat []byte) (made, error) {
	runs, err := boxes.Fragment(moof, mdat)
	if err != nil {
		return made{}, fmt.Errorf("the worker wrote: %w", err)
	}
	if len(runs) != 1 || len(runs[0].Samples) != 1 || len(runs[0].Samples[0].Data) != len(mdat)-boxes.Head {
		return made{}, errFrame
	}
	s := runs[0].Samples[0]
	return made{at: s.At + int64(s.Offset), key: s.Key, data: s.Data}, nil
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

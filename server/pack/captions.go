package pack

import (
	"fmt"
	"strings"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/segment"
	"shoal/server/ingest"
	"shoal/server/pack/caption"
)

// captionGroup is the name that ties the captions inside pictures to these.
const captionGroup = "captions"

// Captions is what is known of the captions inside the pictures. The zero value is nothing: that is what a playlist says that
// does not speak of them.
type Captions struct {
	Seen caption.Seen
	Over bool // no picture follows: what was not seen is not there
}

// Captions returns which captions the pictures written so far carry.
func (p *Packer) Captions() caption.Seen { return p.captions }

// notice looks for captions in a sample. A rung has its source's.
func (p *Packer) notice(c *cutter, s ingest.Sample) {
	if c.rung || c.track.Kind != segment.Video {
		return
	}
	switch c.track.Codec.(type) {
	case *codecs.H264:
		p.captions = p.captions.With(caption.Read(s.Data, false))
	case *codecs.H265:
		p.captions = p.captions.With(caption.Read(s.Data, true))
	}
}

// none reports whether it is known that the pictures carry none. While a broadcast goes on they may begin at any time, and a
// player that was told NONE would not look for them: then the playlist does not speak of them.
func (c Captions) none(pictures []ingest.Track) bool {
	if c.Seen.Any() {
		return false
	}
	for _, t := range pictures {
		switch t.Codec.(type) {
		case *codecs.VP9: // has no room for any
		case *codecs.H264, *codecs.H265:
			if !c.Over {
				return false
			}
		default: // AV1's are not looked for
			return false
		}
	}
	return true
}

// media writes the group of captions, if there is one.
func (c Captions) media(b *strings.Builder) {
	for n, id := range c.Seen.IDs() {
		choice := "NO"
		if n == 0 {
			choice = "YES"
		}
		fmt.Fprintf(b, `#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="%s",NAME="%s",DEFAULT=NO,AUTOSELECT=%s,INSTREAM-ID="%s"`+"\n",
			captionGroup, captionName(id), choice, id)
	}
}

// captionName is what people choose captions by: what is inside the pictures does not tell its language.
func captionName(id string) string {
	if service, ok := strings.CutPrefix(id, "SERVICE"); ok {
		return "Captions, service " + service
	}
	if id == "CC1" {
		return "Captions"
	}
	return "Captions " + strings.TrimPrefix(id, "CC")
}

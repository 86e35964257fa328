package subtitle

import (
	"fmt"
	"hash/crc32"
	"strings"
	"time"
)

// mpegScale is the clock of X-TIMESTAMP-MAP, and where it wraps.
const (
	mpegScale = 90_000
	mpegWrap  = 1 << 33
)

// Segment writes a segment of subtitles that lasts from from to to on the media's clock, with the cues that are shown in it, whole:
// one that goes on stands in the next segment again, under the same name, by which players know that it is the same.
func Segment(cues []Cue, from, to time.Duration) []byte {
	var b strings.Builder
	ticks := from.Milliseconds() * mpegScale / 1000 // of the millisecond that LOCAL says
	fmt.Fprintf(&b, "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:%d,LOCAL:%s\n", ticks%mpegWrap, stamp(from))
	for _, c := range cues {
		if c.Start < to && c.End > from {
			fmt.Fprintf(&b, "\n%d-%08x\n", c.Start.Milliseconds(), crc32.ChecksumIEEE([]byte(c.Text)))
			c.write(&b)
		}
	}
	return []byte(b.String())
}

// File writes all cues as a file.
func File(cues []Cue) []byte {
	var b strings.Builder
	b.WriteString("WEBVTT\n")
	for _, c := range cues {
		b.WriteString("\n")
		c.write(&b)
	}
	return []byte(b.String())
}

func (c Cue) write(b *strings.Builder) {
	fmt.Fprintf(b, "%s %s %s", stamp(max(0, c.Start)), arrow, stamp(c.End))
	if c.Settings != "" {
		b.WriteString(" " + c.Settings)
	}
	b.WriteString("\n" + c.Text + "\n")
}

func stamp(at time.Duration) string {
	ms := at.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, ms%1000)
}

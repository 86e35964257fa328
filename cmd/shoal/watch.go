package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"shoal/peer"
	"shoal/peer/door"
	"shoal/segment"
	"shoal/server/channel"
)

type watchCommand struct {
	Link    string        `arg:"" placeholder:"URL" help:"Watch link: http://HOST/c/NAME."`
	Seconds int           `placeholder:"N" help:"Stop after so long. Default: at an interrupt."`
	Pass    string        `placeholder:"PASS" env:"SHOAL_PASS" help:"Pass to a private channel, if the link holds none."`
	Latency time.Duration `placeholder:"TIME" help:"How far behind live to play. Default: as the channel's other viewers."`
	Uplink  int           `placeholder:"KBIT" help:"Kilobits per second to send to others; --uplink=-1 sends nothing. Default: 20000."`
	Height  int           `placeholder:"LINES" help:"Play the largest picture of at most so many lines, or while none is made the smallest there is. Default: the largest."`
	Save    string        `placeholder:"DIR" help:"Write each track's media to DIR/track-N.mp4."`
	Tape    string        `placeholder:"FILE" help:"Record what the engine hears, for replay."`
	JSON    bool          `name:"json" help:"Print the report as one JSON object."`
	Verbose bool          `help:"Log to standard error."`
}

// bytesPerKilobit turns kilobits into bytes.
const bytesPerKilobit = 1000 / 8

// Run watches a channel without a screen, shares it with others, and prints what happened.
func (c *watchCommand) Run(ctx context.Context, w world) error {
	if c.Latency != 0 && (c.Latency < channel.LatencyMin || c.Latency > channel.LatencyMax) {
		return &misuseError{fmt.Errorf("--latency=%v: viewers are from %v to %v behind live", c.Latency, channel.LatencyMin, channel.LatencyMax)}
	}
	if _, err := door.Parse(c.Link); err != nil {
		return &misuseError{err}
	}
	config := peer.Config{Watch: c.Link, Pass: c.Pass, Latency: c.behind(ctx), UplinkBytesPerSecond: c.Uplink * bytesPerKilobit, Height: c.Height}
	if c.Verbose {
		config.Log = (&Settings{LogLevel: "info"}).logger(w.err)
	}
	if c.Tape != "" {
		f, err := os.Create(c.Tape)
		if err != nil {
			return fmt.Errorf("the tape cannot be written: %w", err)
		}
		defer f.Close()
		config.Tape = f
	}
	files := saver{dir: c.Save}
	defer files.close()
	if c.Save != "" {
		if err := os.MkdirAll(c.Save, 0o755); err != nil {
			return fmt.Errorf("there is nowhere to save to: %w", err)
		}
		config.Sink = files.open
	}
	if c.Seconds > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(c.Seconds)*time.Second)
		defer cancel()
	}
	viewer := peer.New(config)
	if err := viewer.Run(ctx); err != nil {
		return err
	}
	stats := viewer.Stats()
	if err := report(w.out, stats, c.JSON); err != nil {
		return err
	}
	if stats.Parts == 0 {
		return fmt.Errorf("nothing was played: %s", c.whyNothing(ctx))
	}
	if says := c.otherwise(stats); says != "" {
		fmt.Fprintln(w.err, says)
	}
	return nil
}

// whyWithin bounds the asking for why nothing was played.
const whyWithin = 5 * time.Second

// whyNothing asks the server once more, and says why nothing was played. ctx may have ended.
func (c *watchCommand) whyNothing(ctx context.Context) string {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), whyWithin)
	defer stop()
	state, err := c.state(ctx)
	var refusal *door.Refusal
	switch {
	case errors.As(err, &refusal):
		return err.Error()
	case err != nil:
		return fmt.Sprintf("the server cannot be reached: %v. Is it running, and is the link's address right?", err)
	case !state.Live:
		return "the server answers, but the channel is not live. Watch again when somebody publishes to it"
	}
	says := "the channel is live, but nothing of it came in time. Watch for longer"
	if !c.Verbose {
		says += "; --verbose says more"
	}
	return says
}

// state asks the server for the channel's.
func (c *watchCommand) state(ctx context.Context) (door.State, error) {
	place, err := door.Parse(c.Link)
	if err == nil {
		place, err = place.With(c.Pass)
	}
	if err != nil {
		return door.State{}, err
	}
	return place.State(ctx, http.DefaultClient)
}

// otherwise says what was not as it was asked for.
func (c *watchCommand) otherwise(s peer.Stats) string {
	if c.Height > 0 && s.Lines > c.Height {
		return fmt.Sprintf("no picture of at most %d lines is made now: the one of %d lines was played", c.Height, s.Lines)
	}
	return ""
}

// behind is how far behind live to play: as the channel's other viewers do, who could give nothing to one who is nearer. 0 leaves it open: what is
// wrong with the link is told by who watches.
func (c *watchCommand) behind(ctx context.Context) time.Duration {
	if c.Latency != 0 {
		return c.Latency
	}
	state, err := c.state(ctx)
	behind := time.Duration(state.LatencyS * float64(time.Second))
	if err != nil || behind < channel.LatencyMin || behind > channel.LatencyMax {
		return 0
	}
	return behind
}

func report(w io.Writer, s peer.Stats, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(s)
	}
	share := 0.0
	if all := s.PeerBytes + s.OriginBytes; all > 0 {
		share = 100 * float64(s.PeerBytes) / float64(all)
	}
	picture := ""
	if s.Lines > 0 {
		picture = fmt.Sprintf(" (%dp)", s.Lines)
	}
	_, err := fmt.Fprintf(w, "%s%s, %d late, %s (%d ms), %.1f s behind live; %.0f %% of %.1f MB from %s, %.1f MB passed on; "+
		"%s checked, %d refused\n", count(int(s.Parts), "part"), picture, s.LateParts, count(int(s.Stalls), "stall"), s.StalledMS, float64(s.LatencyMS)/1000, share,
		float64(s.PeerBytes+s.OriginBytes)/1e6, count(int(s.LinksEver), "viewer"), float64(s.UploadBytes)/1e6, count(int(s.Verified), "piece"), s.Refused)
	return err
}

// saver opens a file for each track.
type saver struct {
	dir   string
	files []*os.File
}

func (s *saver) open(t segment.Track) io.Writer {
	f, err := os.Create(filepath.Join(s.dir, fmt.Sprintf("track-%d.mp4", t)))
	if err != nil {
		return nil
	}
	s.files = append(s.files, f)
	return f
}

func (s *saver) close() {
	for _, f := range s.files {
		_ = f.Close() // what was written is there
	}
}

package loop

import (
	"bytes"
	"context"
	"time"

	"shoal/server/ingest"
)

// behindMax is how far Play may fall behind real time before it gives up the lost time and starts a new run: the
// machine slept. Less is made up for at once, as a publisher's network would.
const behindMax = 3 * time.Second

// Clip is a publication that repeats. Its tracks last equally long.
type Clip struct {
	Tracks  []ingest.Track
	samples []ingest.Sample // by decode time, within the first round
	period  time.Duration
}

// Period is how long a round lasts.
func (c *Clip) Period() time.Duration { return c.period }

// Play publishes c until ctx is done, whose error it returns, or until sink has one.
func (c *Clip) Play(ctx context.Context, sink ingest.Sink) error {
	for {
		if err := sink.Tracks(c.Tracks); err != nil {
			return err
		}
		if err := c.run(ctx, sink); err != nil {
			return err
		}
	}
}

// run plays rounds. It returns nil when it has fallen too far behind.
func (c *Clip) run(ctx context.Context, sink ingest.Sink) error {
	start := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for round := time.Duration(0); ; round++ {
		for _, s := range c.samples {
			s.DTS += round * c.period
			s.PTS += round * c.period
			wait := time.Until(start.Add(s.DTS))
			if wait < -behindMax {
				return nil
			}
			timer.Reset(wait)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-timer.C:
			}
			s.Data = bytes.Clone(s.Data) // the sink owns what it gets, and the next round needs it again
			if err := sink.Sample(s); err != nil {
				return err
			}
		}
	}
}

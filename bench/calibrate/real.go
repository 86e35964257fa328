package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"shoal/bench/lab"
	"shoal/peer"
	"shoal/sim"
)

// aheadParts is how many parts the broadcast has before viewers come: more than they stay behind.
const aheadParts = 14

// viewer is a real peer at the end of a line.
type viewer struct {
	*peer.Peer
	*lab.Line
	class  int
	tape   bytes.Buffer
	before peer.Stats
	after  peer.Stats
	from   lab.LineCount
	to     lab.LineCount
}

// perform runs the scenario with real peers.
func perform(ctx context.Context, program, dir string, s sim.Scenario, log func(string, ...any)) (*figures, error) {
	studio, err := lab.OpenStudio(ctx, program, dir, s.Rate)
	defer studio.Close()
	if err != nil {
		return nil, err
	}
	viewers, err := gather(studio.Watch(), s)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var company sync.WaitGroup
	ended := sync.OnceFunc(func() { cancel(); company.Wait() })
	defer ended()
	failed := make(chan error, 2*len(viewers)+1)
	w := lab.NewWitness()
	company.Go(func() { failed <- w.Run(ctx, studio.Watch()) })
	if err := lab.Until(ctx, "there is as much as viewers stay behind live", func() bool { return w.Seen() >= aheadParts }); err != nil {
		return nil, errors.Join(err, ctx.Err())
	}
	log("%d viewers come", len(viewers))
	began := time.Now()
	for i, v := range viewers {
		company.Go(func() { v.Line.Run(ctx) })
		company.Go(func() {
			if lab.Rest(ctx, comes(s, i)) == nil {
				failed <- v.Peer.Run(ctx)
			}
		})
	}
	during, origin, busy, err := watchOver(ctx, studio, viewers, s, began)
	if err != nil {
		return nil, err
	}
	log("the viewers leave")
	_ = lab.Rest(ctx, time.Second) // what arrived at the end is to be in the tapes
	ended()
	for range len(failed) {
		if err := <-failed; err != nil {
			return nil, err
		}
	}
	f, err := figure(viewers, w.Published(), during, origin, s)
	if f != nil {
		f.Busy = busy
	}
	return f, err
}

// comes returns when viewer i comes, whatever its class.
func comes(s sim.Scenario, i int) time.Duration {
	when := math.Mod(float64(i)*math.Sqrt2, 1)
	if i < s.Peers {
		return time.Duration(when * float64(time.Second))
	}
	return time.Duration(float64(s.CrowdAt) + when*float64(s.CrowdIn))
}

// watchOver waits for the end of the warm-up and of the measurement, and counts what the origin sent and the processor did between.
func watchOver(ctx context.Context, studio *lab.Studio, viewers []*viewer, s sim.Scenario, began time.Time) (during lab.Stretch, origin, busy float64, err error) {
	if err := lab.Rest(ctx, time.Until(began.Add(time.Duration(s.Warm)))); err != nil {
		return during, 0, 0, err
	}
	before, err := studio.Written(ctx)
	during.From = time.Now()
	spent := processor()
	for _, v := range viewers {
		v.before, v.from = v.Stats(), v.Line.Counts()
	}
	if err := errors.Join(err, lab.Rest(ctx, time.Duration(s.Measure))); err != nil {
		return during, 0, 0, err
	}
	after, err := studio.Written(ctx)
	during.To = time.Now()
	for _, v := range viewers {
		v.after, v.to = v.Stats(), v.Line.Counts()
	}
	return during, after - before, float64(processor()-spent) / float64(during.To.Sub(during.From)), err
}

// processor returns the time that this process, which the peers are in, has used.
func processor() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// gather makes the scenario's viewers, each at the end of a line of its class. Where sim draws lots, they are spread evenly.
func gather(watch string, s sim.Scenario) (viewers []*viewer, err error) {
	all := lab.Internet{}
	for i := range s.Peers + s.Crowd {
		class := classOf(s, quota(s, i))
		far := math.Mod(float64(i)*math.Phi, 1)
		between := func(lo, hi time.Duration) time.Duration { return lo + time.Duration(far*float64(hi-lo)) }
		l, err := lab.NewLine(all, netip.AddrFrom4([4]byte{127, 1, byte(i), 1}), s.Rate*s.Uplinks[class].Up, s.Rate*s.Down,
			between(time.Duration(s.RTT[0]), time.Duration(s.RTT[1]))/4, between(time.Duration(s.OriginRTT[0]), time.Duration(s.OriginRTT[1])))
		if err != nil {
			return nil, err
		}
		v := &viewer{Line: l, class: class}
		v.Peer = peer.New(peer.Config{
			Watch: watch, Latency: time.Duration(s.Budget + s.Part), UplinkBytesPerSecond: int(s.Rate * s.UpCap), Tape: &v.tape, Net: l,
		})
		viewers = append(viewers, v)
	}
	return viewers, nil
}

// quota gives those who come together their classes in exact shares, as sim does.
func quota(s sim.Scenario, i int) float64 {
	if i < s.Peers {
		return (float64(i) + 0.5) / float64(s.Peers)
	}
	return (float64(i-s.Peers) + 0.5) / float64(s.Crowd)
}

func classOf(s sim.Scenario, x float64) int {
	for i, c := range s.Uplinks {
		if x < c.Share {
			return i
		}
		x -= c.Share
	}
	return len(s.Uplinks) - 1
}

// figure counts what happened.
func figure(viewers []*viewer, published map[lab.Place]time.Time, during lab.Stretch, origin float64, s sim.Scenario) (*figures, error) {
	f := &figures{Classes: make([]classFigures, len(s.Uplinks))}
	var accounts []*lab.Account
	peers, parts, late, stalled := 0.0, 0.0, 0.0, 0.0
	for i, v := range viewers {
		a, err := lab.Replay(v.tape.Bytes(), during)
		if err != nil {
			return nil, fmt.Errorf("viewer %d's tape: %w", i, err)
		}
		accounts = append(accounts, a)
		peers += a.Peers
		f.Control += a.Control
		f.Twice += a.Twice
		f.Rescues += a.Rescues
		parts += float64(v.after.Parts - v.before.Parts)
		late += float64(v.after.LateParts - v.before.LateParts)
		stalled += float64(v.after.StalledMS - v.before.StalledMS)
		f.Declined += int(v.after.Declined - v.before.Declined)
		f.Links += float64(v.after.Links) / float64(len(viewers))
		f.Dropped += v.to.Dropped - v.from.Dropped
		c := &f.Classes[v.class]
		c.Viewers++
		c.Slots += float64(a.Slots)
		c.Used += float64(a.Used)
		sent := v.to.Up - v.from.Up
		f.Sent += sent
		c.Use += sent / (s.Rate * s.Uplinks[v.class].Up * during.To.Sub(during.From).Seconds())
		c.Wait += float64(v.to.Waited-v.from.Waited) / float64(time.Millisecond) / float64(max(1, v.to.Datagrams-v.from.Datagrams))
		f.Tardy += float64(v.to.Tardy-v.from.Tardy) / float64(time.Millisecond) / float64(max(1, v.to.Datagrams-v.from.Datagrams)) / float64(len(viewers))
		f.TardyMost = max(f.TardyMost, float64(v.to.TardyMost)/float64(time.Millisecond))
		c.WaitMost = max(c.WaitMost, float64(v.to.WaitMost)/float64(time.Millisecond))
	}
	bytes, sizes := lab.PublishedBytes(accounts, published, during)
	if peers+origin == 0 || bytes == 0 || parts == 0 {
		return nil, errors.New("nobody watched anything")
	}
	media := peers + origin
	f.Overhead = (f.Sent - peers - f.Control - f.Twice) / media
	f.Offload, f.Copies = peers/media, origin/bytes
	f.Control /= media
	f.Twice /= media
	f.Late = 1e6 * late / parts
	f.Stalled = stalled / 1000
	f.Ages = lab.Ages(accounts, published, during)
	f.Hops = lab.Hops(accounts, during)
	f.Sizes = [3]int{sizes[0], sizes[len(sizes)/2], sizes[len(sizes)-1]}
	f.Rate = bytes / during.To.Sub(during.From).Seconds()
	for i := range f.Classes {
		f.Classes[i].divide()
	}
	return f, nil
}

// temporary returns a folder for the server's data and what removes it.
func temporary() (string, func(), error) {
	dir, err := os.MkdirTemp("", "calibrate")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}

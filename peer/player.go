package peer

import (
	"shoal/segment"
	"shoal/swarm"
)

// The player's times, in us.
const (
	startBufferUS = 300_000 // enough to begin with: less than one part
	// windowUS is how long the player waits to hear of parts as new as it wants: who joins is told of the window's oldest first.
	windowUS = 500_000
	// breakUS is the least gap between two parts that is a break in the source, and not a rounding of clocks.
	breakUS = 50_000
	// leanUS is how far latency may be off before the player runs 5 % faster or slower.
	leanUS = 100_000
	// farUS is how far behind its latency the player gives up catching up, and jumps.
	farUS = 10_000_000
	// overdueUS is the buffer at which the player stops waiting for the engine, which should have declined before that.
	// unlistedUS is the buffer at which it stops waiting to hear of a part that must exist by now.
	overdueUS  = 150_000
	unlistedUS = 1_200_000
	// answerUS is how long the engine may take with a part that is due at once.
	answerUS = 500_000
	// publishUS is how long after its last sample a part is surely published.
	publishUS = 400_000
	// retryUS is the pause after an attempt that failed, and failsMax the attempts after which a part is skipped.
	retryUS  = 200_000
	failsMax = 10
	reportUS = 250_000
)

// want is something that the player asks for: a part of the engine, or directly of the origin.
type want struct {
	part   segment.Part
	direct bool
}

// player follows the live edge. It has no clock and no bytes: times are the server's wall clock in us.
type player struct {
	latencyUS int64
	reels     []*reel
	wants     []want // to be done by the body
	stats     *Stats

	started, playing, ended bool
	bornUS                  int64
	heardUS                 int64 // when the first of what is played now was heard of; 0: nothing was
	nowUS                   int64
	posUS                   int64 // the frame on screen
	jumpAtUS, jumpToUS      int64 // a gap: a break in the source, or parts that were skipped
	reportedUS, stalledUS   int64
	stale                   bool // the engine should hear of the playhead
}

func newPlayer(tracks []segment.Track, latencyUS, nowUS int64, stats *Stats) *player {
	p := &player{latencyUS: latencyUS, stats: stats, bornUS: nowUS, nowUS: nowUS}
	for _, t := range tracks {
		p.reels = append(p.reels, &reel{track: t, known: map[segment.Part]frame{}})
	}
	stats.StartupMS = -1
	return p
}

// turn plays other tracks from now on, once every one of them has something to begin with.
func (p *player) turn(tracks []segment.Track) {
	reels := make([]*reel, 0, len(tracks))
	for _, t := range tracks {
		r := p.reel(t)
		if r == nil {
			r = &reel{track: t, known: map[segment.Part]frame{}}
		}
		reels = append(reels, r)
	}
	if p.playing {
		p.stats.Stalls++
	}
	p.reels, p.started, p.playing, p.stale, p.heardUS = reels, false, false, true, 0
}

func (p *player) reel(t segment.Track) *reel {
	for _, r := range p.reels {
		if r.track == t {
			return r
		}
	}
	return nil
}

func (p *player) open(o swarm.Open) {
	if r := p.reel(o.Part.Track); r != nil && (!p.started || o.Part.Epoch >= r.epoch) {
		r.open(o)
		p.ended = false
		if p.heardUS == 0 {
			p.heardUS = p.nowUS
		}
	}
}

// bufferUS returns how much there is to play.
func (p *player) bufferUS() int64 {
	if !p.started || len(p.reels) == 0 {
		return 0
	}
	least := p.reels[0].endUS
	for _, r := range p.reels[1:] {
		least = min(least, r.endUS)
	}
	return max(least-p.posUS, 0)
}

// advance moves the player to nowUS.
func (p *player) advance(nowUS int64) {
	elapsed := max(nowUS-p.nowUS, 0)
	p.nowUS = max(nowUS, p.nowUS)
	if !p.started && !p.start() {
		p.stall(elapsed)
		return
	}
	p.leap()
	if p.playing {
		p.run(elapsed)
	} else {
		p.stall(elapsed)
	}
	if !p.playing && p.bufferUS() >= startBufferUS {
		p.playing, p.stale = true, true
		if p.stats.StartupMS < 0 {
			p.stats.StartupMS = (p.nowUS - p.bornUS) / 1000
		}
	}
	if behind := p.nowUS - p.posUS; behind > p.latencyUS+farUS || !p.playing && p.newestEpoch() > p.reels[0].epoch {
		p.restart()
	}
	for _, r := range p.reels {
		p.seek(r)
	}
	if p.nowUS >= p.reportedUS+reportUS {
		p.stale = true
	}
}

// stall counts time in which nothing plays though it should.
func (p *player) stall(elapsed int64) {
	if p.stats.StartupMS >= 0 && !p.ended {
		p.stalledUS += elapsed
		p.stats.StalledMS = p.stalledUS / 1000
	}
}

// run plays on for elapsed us, or until the buffer is dry.
func (p *player) run(elapsed int64) {
	switch off := p.nowUS - p.posUS - p.latencyUS; {
	case off > leanUS:
		elapsed += elapsed / 20
	case off < -leanUS:
		elapsed -= elapsed / 20
	}
	to := p.posUS + elapsed
	dry := int64(-1)
	for _, r := range p.reels {
		if r.endUS <= to && (dry < 0 || r.endUS < dry) {
			dry = r.endUS
		}
	}
	if dry < 0 {
		p.posUS = to
		return
	}
	p.posUS = max(p.posUS, dry)
	if p.leap(); p.bufferUS() > 0 {
		return
	}
	p.playing, p.stale = false, true
	if p.ended {
		return
	}
	p.stats.Stalls++
	for _, r := range p.reels {
		if r.endUS <= to {
			p.stats.LateParts++
		}
	}
}

// gap notes that there is nothing to play between two times.
func (p *player) gap(fromUS, toUS int64) {
	if fromUS <= p.jumpToUS && toUS >= p.jumpAtUS { // it touches the gap that is known
		fromUS, toUS = min(fromUS, p.jumpAtUS), max(toUS, p.jumpToUS)
	}
	p.jumpAtUS, p.jumpToUS = fromUS, toUS
}

// leap plays over a gap.
func (p *player) leap() {
	if p.posUS >= p.jumpAtUS && p.posUS < p.jumpToUS {
		p.posUS, p.stale = p.jumpToUS, true
	}
}

// start chooses where to begin, once every track has something to begin with.
func (p *player) start() bool {
	if len(p.reels) == 0 {
		return false
	}
	epoch := p.newestEpoch()
	lead, at, ok := p.reels[0].seek(epoch, p.nowUS-p.latencyUS, true)
	if !ok || p.reels[0].newestUS(epoch) < p.nowUS-p.latencyUS && p.nowUS < p.heardUS+windowUS {
		return false
	}
	for _, r := range p.reels[1:] {
		q, f, ok := r.seek(epoch, at.wallUS, false)
		if !ok {
			return false
		}
		r.begin(q, f)
	}
	p.reels[0].begin(lead, at)
	p.posUS = at.wallUS
	for _, r := range p.reels[1:] {
		if r.endUS > p.posUS { // a track that begins later is silent until then
			p.posUS = r.endUS
		}
	}
	p.started, p.stale = true, true
	return true
}

// restart begins anew nearer to live, unless nothing is known there: what is known of before would be played again.
func (p *player) restart() {
	next := p.reels[0].next
	epoch := p.reels[0].epoch
	newest := p.newestEpoch()
	if _, at, ok := p.reels[0].seek(newest, p.nowUS-p.latencyUS, true); !ok || newest == epoch && at.wallUS <= p.posUS || !p.start() {
		return
	}
	if p.reels[0].epoch == epoch && p.reels[0].next > next {
		p.stats.Skips += p.reels[0].next - next
	}
	p.playing = false
}

func (p *player) newestEpoch() (epoch uint64) {
	for i, r := range p.reels {
		if e := r.newestEpoch(); i == 0 || e < epoch {
			epoch = e // the newest that every track has
		}
	}
	return epoch
}

// playhead returns what the engine should hear, if it should.
func (p *player) playhead() (swarm.Playhead, bool) {
	if !p.stale || !p.started {
		return swarm.Playhead{}, false
	}
	p.stale, p.reportedUS = false, p.nowUS
	return swarm.Playhead{WallMS: p.posUS / 1000, BufferMS: p.bufferUS() / 1000, Playing: p.playing}, true
}

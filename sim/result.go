package sim

import (
	"math"
	"slices"

	"shoal/id"
	"shoal/span"
)

// Result is one run in numbers. Its JSON form is one line of shoal sim --json.
type Result struct {
	Scenario       string  `json:"scenario"`
	Seed           uint64  `json:"seed"`
	N              int     `json:"n"`
	Copies         float64 `json:"copies"` // of each part that the origin sent, whatever for
	Bound          float64 `json:"bound"`  // the fewest copies possible (Scenario.Bound)
	LatePerMillion float64 `json:"late_per_million"`
	AgeP50         int32   `json:"age_p50_ms"` // from a part's publication to a viewer's holding all of it
	AgeP99         int32   `json:"age_p99_ms"`
	HopsMean       float64 `json:"hops_mean"`     // of pieces that peers brought
	DupShare       float64 `json:"dup_share"`     // pieces that came twice, over media received
	ControlShare   float64 `json:"control_share"` // peers' messages, over media received
	Offload        float64 `json:"offload"`       // media from peers, over media received
	LocalShare     float64 `json:"local_share"`   // of what peers give: within one network

	Policy      string  `json:"policy"`
	BesideShare float64 `json:"beside_share"` // tracker, records and playlists, over media received
	Rebuffer    float64 `json:"rebuffer"`     // time that the picture stood still, of all time since it began
	StartP50    int32   `json:"start_p50_ms"` // from a page's load to its first part
	StartP95    int32   `json:"start_p95_ms"`
	SeekP50     int32   `json:"seek_p50_ms,omitempty"` // of a recording: from a seek to its first part
	SeekP95     int32   `json:"seek_p95_ms,omitempty"`
	BehindMS    int64   `json:"behind_ms"`    // how far behind live everyone plays
	JoinCopies  float64 `json:"join_copies"`  // of Copies: what viewers took in their first 10 s
	JoinSeconds float64 `json:"join_seconds"` // the same, in seconds of media a join
	LastCopies  float64 `json:"last_copies"`  // Copies in the last 10 s of the measurement
	Declined    float64 `json:"declined"`     // parts that engines left to the player, of all it got
	Rescues     int64   `json:"rescues"`
	Refused     int64   `json:"refused"` // pieces that were not what was signed
	Tainted     int64   `json:"tainted"` // parts that were played though not what was signed
	Bans        int64   `json:"bans"`
	Joins       int64   `json:"joins"`
	Steps       uint64  `json:"steps"`
	StepsPerMB  float64 `json:"steps_per_mb"` // of media received
	Events      uint64  `json:"events"`

	Turns int64        `json:"turns,omitempty"` // of players to another rendition
	Rungs []RungResult `json:"rungs,omitempty"` // if there are several
}

// RungResult is what came of one rendition.
type RungResult struct {
	Rung           float64 `json:"rung"`  // as a multiple of the rate
	Share          float64 `json:"share"` // of the parts that players got
	Copies         float64 `json:"copies"`
	Offload        float64 `json:"offload"`
	LatePerMillion float64 `json:"late_per_million"`
}

func (m *measure) result() Result {
	n := m.net
	media := max(1, m.peerBytes+m.originBytes)
	slices.Sort(m.ages)
	slices.Sort(m.starts)
	slices.Sort(m.seeks)
	published := max(1, m.publishedBytes)
	last := m.last()
	steps := int64(0)
	for _, count := range m.inputs {
		steps += count
	}
	return Result{
		Scenario: n.Name, Policy: n.policy.Name, Seed: n.seed, N: n.Peers + n.Crowd,
		Copies: neat(m.originBytes / published), Bound: neat(n.Bound()),
		LatePerMillion: neat(1e6 * float64(m.lateParts) / float64(max(1, m.parts))),
		AgeP50:         percentile(m.ages, 50), AgeP99: percentile(m.ages, 99),
		HopsMean: neat(float64(m.hops) / float64(max(1, m.pieces))),
		DupShare: neat(m.duplicateBytes / media), ControlShare: neat(m.controlBytes / media), BesideShare: neat(m.beside / media), LocalShare: neat(m.localBytes / max(1, m.peerBytes)), Offload: neat(m.peerBytes / media),
		Rebuffer: neat(float64(m.stalled) / float64(max(1, m.stalled+m.watched))),
		StartP50: percentile(m.starts, 50), StartP95: percentile(m.starts, 95),
		SeekP50: percentile(m.seeks, 50), SeekP95: percentile(m.seeks, 95), BehindMS: int64(n.behind() / span.Millisecond),
		JoinCopies: neat(m.joinBytes / published), JoinSeconds: neat(m.joinBytes / n.Rate / float64(max(1, m.joins))),
		LastCopies: neat(last.origin / max(1, last.published)), Declined: neat(float64(m.declines) / float64(max(1, m.parts))),
		Rescues: m.rescues, Refused: m.refused, Tainted: m.tainted, Bans: m.bans, Joins: m.joins,
		Steps: m.steps, StepsPerMB: neat(float64(steps) / media * 1e6), Events: n.Events,
		Turns: m.turns, Rungs: m.rungResults(),
	}
}

func (m *measure) rungResults() (all []RungResult) {
	if !m.net.several() {
		return nil
	}
	for i, r := range m.rungs {
		all = append(all, RungResult{
			Rung: m.net.Ladder[i], Share: neat(float64(r.parts) / float64(max(1, m.parts))), Copies: neat(r.origin / max(1, r.published)),
			Offload: neat(r.peers / max(1, r.peers+r.origin)), LatePerMillion: neat(1e6 * float64(r.late) / float64(max(1, r.parts))),
		})
	}
	return all
}

// neat rounds to six significant digits: more would be noise.
func neat(x float64) float64 {
	if x == 0 {
		return 0
	}
	scale := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}

func percentile(sorted []int32, p int) int32 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)-1)*p/100]
}

// smoothFor is over how many seconds a curve is smoothed: that of the longest segments.
const smoothFor = 4

// Detail is what a run looked like inside.
type Detail struct {
	Ages     []int32   // ms, ascending: at most 1,000 quantiles
	Offload  []float64 // by the second, over smoothFor; NaN where nothing was received
	Hops     [HopsMax + 1]HopDetail
	Classes  []ClassDetail
	Messages []MessageDetail
	Inputs   []Count       // steps of minds, by what they heard
	Depths   map[uint8]int // stripes of viewers at the end, by depth; 255 is one that does not come
	Orphans  int           // stripes that have no parent at the end
	Causes   []CauseDetail // what the origin sent, by what for
	Twice    []Count       // hundredths of a percent of media received that came twice, by how that came; of a Curious run
	Blames   []Count       // where pieces that the origin brought late had got stuck, if the run was Curious
}

// HopDetail is the pieces that went through so many peers: how many, and their mean age on arrival; that of parts with a
// key frame, which are larger, besides.
type HopDetail struct {
	Pieces, AgeMS, KeyAgeMS int64
}

// ClassDetail is one class of uplinks.
type ClassDetail struct {
	Up          float64 // multiple of the rate
	Use         float64 // share of the time that it sent
	Viewers     int     // at the end
	Slots, Used float64 // stripes for sale and sold, mean at the end
	Seeds       int     // stripes fetched from the origin, at the end
	QueueMS     float64 // wait for the uplink, mean at the end
}

// MessageDetail is one kind of message.
type MessageDetail struct {
	Name  string
	N     int64
	Bytes int64
}

// Detail describes the run.
func (n *Internet) Detail() Detail {
	m := &n.measure
	d := Detail{Depths: map[uint8]int{}}
	for i := range min(1000, len(m.ages)) {
		d.Ages = append(d.Ages, m.ages[i*(len(m.ages)-1)/max(1, min(1000, len(m.ages))-1)])
	}
	for i := range m.seconds[:len(m.seconds)-1] {
		var sum second
		for _, s := range m.seconds[max(0, i+1-smoothFor) : i+1] {
			sum.peers += s.peers
			sum.origin += s.origin
		}
		d.Offload = append(d.Offload, sum.peers/(sum.peers+sum.origin))
	}
	for i, h := range m.byHop {
		d.Hops[i] = HopDetail{h.n, h.mean(), m.keysByHop[i].mean()}
	}
	for kind, t := range m.messages {
		if t.n > 0 {
			d.Messages = append(d.Messages, MessageDetail{messageName(byte(kind)), t.n, t.sum})
		}
	}
	for kind, count := range m.inputs {
		d.Inputs = append(d.Inputs, Count{inputNames[kind], int(count)})
	}
	sortCounts(d.Inputs)
	for what, count := range m.blames {
		d.Blames = append(d.Blames, Count{what, int(count)})
	}
	sortCounts(d.Blames)
	for what, bytes := range m.twice {
		d.Twice = append(d.Twice, Count{what, int(1e4 * float64(bytes) / max(1, m.peerBytes+m.originBytes))})
	}
	sortCounts(d.Twice)
	d.Causes = m.causeDetail()
	n.forest(&d)
	return d
}

// forest looks at the trees and the uplinks as they are now.
func (n *Internet) forest(d *Detail) {
	d.Classes = make([]ClassDetail, len(n.Uplinks))
	for i := range d.Classes {
		d.Classes[i].Up = n.Uplinks[i].Up
		d.Classes[i].Use = float64(n.measure.used[i]) / float64(max(1, n.measure.could[i]))
	}
	for _, v := range n.present {
		if v.habit != honest {
			continue
		}
		c := &d.Classes[v.class]
		c.Viewers++
		c.QueueMS += float64(max(0, v.line.upFree-n.now)) / float64(span.Millisecond)
		f, ok := v.mind.(forester)
		if !ok {
			continue
		}
		parents, depths, slots, used := f.Trees()
		c.Slots += float64(slots)
		c.Used += float64(used)
		for k := range depths {
			d.Depths[depths[k]]++
			switch {
			case depths[k] == 0:
				c.Seeds++
			case parents[k] == id.Origin:
				d.Orphans++
			}
		}
	}
	for i := range d.Classes {
		c := &d.Classes[i]
		viewers := float64(max(1, c.Viewers))
		c.Slots, c.Used, c.QueueMS = c.Slots/viewers, c.Used/viewers, c.QueueMS/viewers
	}
}

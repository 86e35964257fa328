package record

import (
	"cmp"
	"encoding/binary"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"shoal/server/event"
	"shoal/server/ingest"
	"shoal/server/pack"
	"shoal/server/pack/subtitle"
)

// Subtitles that are sent live stand in the spools, between the parts that they came with, by the time of day. When the recording is
// sealed they become the files that stand beside it, whose times count from its beginning.

// Bounds of what is said live.
const (
	// sayingCues is how many cues stand in one entry of a spool, so that it is no longer than a record may be.
	sayingCues = 5
	// waitingMax bounds the entries that wait for the next part: those of a minute, quickly spoken.
	waitingMax = 600
	// sayingHead is the fixed part of an entry: the time in us since 1970 and whether it replaces what is shown, in one u64.
	sayingHead = 8
)

// said is the subtitles that came live in one language, by the time of day: since 1970.
type said struct {
	language string
	cues     []subtitle.Cue
}

// saying is one entry of a spool: a few cues, whose times count from at.
type saying struct {
	language string
	at       time.Time
	instead  bool
	cues     []subtitle.Cue
}

// sayings cuts what came at once into entries.
func sayings(f event.TextSaid) (all []saying) {
	cues, err := subtitle.Parse(f.Cues)
	if err != nil || ingest.Language(f.Language) != f.Language || f.Language == "" {
		return nil
	}
	all = []saying{{f.Language, f.At, f.Instead, cues[:min(sayingCues, len(cues))]}}
	for from := sayingCues; from < len(cues); from += sayingCues {
		all = append(all, saying{f.Language, f.At, false, cues[from:min(from+sayingCues, len(cues))]})
	}
	return all
}

// record writes an entry's record: at << 1 | instead, the language, a zero, WebVTT.
func (s saying) record() []byte {
	head := uint64(s.at.UnixMicro()) << 1
	if s.instead {
		head |= 1
	}
	b := binary.BigEndian.AppendUint64(nil, head)
	b = append(append(b, s.language...), 0)
	return append(b, subtitle.File(s.cues)...)
}

// parseSaying reads what record wrote.
func parseSaying(b []byte) (s saying, err error) {
	if len(b) < sayingHead {
		return s, errTorn
	}
	head := binary.BigEndian.Uint64(b)
	s.at, s.instead = time.UnixMicro(int64(head>>1)), head&1 == 1
	b = b[sayingHead:]
	end := slices.Index(b, 0)
	if end < 0 {
		return s, errTorn
	}
	if s.language = string(b[:end]); s.language == "" || ingest.Language(s.language) != s.language {
		return s, errTorn
	}
	if s.at.Year() > yearMax {
		return s, errTorn
	}
	if s.cues, err = subtitle.Parse(b[end+1:]); err != nil {
		return s, errors.Join(errTorn, err)
	}
	return s, nil
}

// yearMax is until when times since 1970 can be counted in nanoseconds.
const yearMax = 2200

// hearSaid notes subtitles that came live: for the recording, or until there is one.
func (r *Recorder) hearSaid(f event.TextSaid) {
	t := r.tapes[f.Channel]
	if t != nil && t.rec.Key.Epoch == f.Epoch {
		for _, s := range sayings(f) {
			t.say(s)
		}
		return
	}
	if p := r.planned(Key{Channel: f.Channel, Epoch: f.Epoch}); !p.Keep && p.Rewind == 0 {
		return
	}
	early := r.early[f.Channel]
	if early.epoch != f.Epoch {
		early = spokenEarly{epoch: f.Epoch}
	}
	early.sayings = append(early.sayings, sayings(f)...)
	early.sayings = slices.Delete(early.sayings, 0, max(0, len(early.sayings)-waitingMax))
	r.early[f.Channel] = early
}

// spokenEarly is what was said before the first part of an epoch was recorded.
type spokenEarly struct {
	epoch   uint64
	sayings []saying
}

// sayEarly gives a recording that begins what was said before.
func (r *Recorder) sayEarly(t *tape) {
	if early := r.early[t.rec.Key.Channel]; early.epoch == t.rec.Key.Epoch {
		for _, s := range early.sayings {
			t.say(s)
		}
	}
	delete(r.early, t.rec.Key.Channel)
}

// say takes note of subtitles, to be written with the next part.
func (t *tape) say(s saying) {
	t.waiting = append(t.waiting, s)
	t.waiting = slices.Delete(t.waiting, 0, max(0, len(t.waiting)-waitingMax)) // the disk fails
	t.rec.mu.Lock()
	defer t.rec.mu.Unlock()
	t.rec.say(s)
	clear(t.rec.rendered)
}

// say takes note of subtitles. The caller holds mu.
func (r *Recording) say(s saying) {
	n := slices.IndexFunc(r.said, func(x said) bool { return x.language == s.language })
	if n < 0 {
		if len(r.said) == pack.SubtitlesMax {
			return
		}
		n = len(r.said)
		r.said = append(r.said, said{language: s.language})
	}
	at := time.Duration(s.at.UnixNano())
	x := &r.said[n]
	if s.instead {
		x.cues = subtitle.Cut(x.cues, at)
	}
	for _, c := range s.cues {
		c.Start, c.End = c.Start+at, c.End+at
		x.cues = append(x.cues, c)
	}
	x.cues = slices.Delete(x.cues, 0, max(0, len(x.cues)-subtitle.CuesMax))
}

// run is a stretch of a recording in which the time of day and the media's clock go alike.
type run struct {
	from, to time.Duration // since 1970
	start    time.Duration // on the media's clock
}

// runSlack is by how much the two may differ within a run: times of day are kept in milliseconds.
const runSlack = 5 * time.Millisecond

// runs returns the runs of the track that subtitles go along with.
func (x *index) runs() (runs []run) {
	for _, p := range x.tracks[textTrack].parts {
		wall, start, lasts := time.Duration(p.wallMS)*time.Millisecond, time.Duration(p.startUS)*time.Microsecond, time.Duration(p.lasts)*time.Microsecond
		if n := len(runs) - 1; n >= 0 {
			r := &runs[n]
			if off := (wall - r.from) - (start - r.start); off.Abs() <= runSlack {
				r.to = max(r.to, wall+lasts)
				continue
			}
		}
		runs = append(runs, run{wall, wall + lasts, start})
	}
	return runs
}

// shownAt returns where on the media's clock a time of day was. What lies between two runs is where the first of them ends.
func shownAt(runs []run, wall time.Duration) time.Duration {
	for _, r := range slices.Backward(runs) {
		if wall >= r.from {
			return r.start + min(wall, r.to) - r.from
		}
	}
	return runs[0].start
}

// spokenCues returns what was said live in a language, in times from the recording's beginning. The caller holds mu.
func (r *Recording) spokenCues(language string) (cues []subtitle.Cue) {
	n := slices.IndexFunc(r.said, func(x said) bool { return x.language == language })
	runs := r.index.runs()
	if n < 0 || len(runs) == 0 {
		return nil
	}
	for _, c := range r.said[n].cues {
		from, to := shownAt(runs, c.Start)-runs[0].start, shownAt(runs, c.End)-runs[0].start
		if from = max(0, from); to > from {
			c.Start, c.End = from.Truncate(time.Millisecond), to.Truncate(time.Millisecond) // as a file tells them
			cues = append(cues, c)
		}
	}
	cues = slices.DeleteFunc(cues, func(c subtitle.Cue) bool { return c.End <= c.Start })
	slices.SortStableFunc(cues, func(a, b subtitle.Cue) int { return cmp.Compare(a.Start, b.Start) })
	return cues
}

// writeSaid writes what was said live as files beside the recording. The caller holds mu.
func (r *Recording) writeSaid() error {
	for _, x := range r.said {
		if err := writeText(r.dir, x.language, r.spokenCues(x.language)); err != nil {
			return err
		}
	}
	return nil
}

// writeText writes a file of subtitles, of which the newest stay if they are too many; none makes no file.
func writeText(dir, language string, cues []subtitle.Cue) error {
	b := subtitle.File(cues)
	for len(b) > subtitle.FileMax {
		cues = cues[len(cues)/8+1:]
		b = subtitle.File(cues)
	}
	if len(cues) == 0 {
		return nil
	}
	return writeDurably(filepath.Join(dir, textPrefix+language+textSuffix), b)
}

// copyTexts gives a clip the subtitles of its stretch.
func (r *Recording) copyTexts(clip *Recording) error {
	from := clip.begins() - r.begins()
	to := from + clip.Summary().Lasts
	for _, language := range r.Languages() {
		cues, err := r.cues(language)
		if err != nil {
			return err
		}
		var within []subtitle.Cue
		for _, c := range cues {
			c.Start, c.End = max(c.Start, from)-from, min(c.End, to)-from
			if c.Start < c.End {
				within = append(within, c)
			}
		}
		if err := writeText(clip.dir, language, within); err != nil {
			return err
		}
	}
	return nil
}

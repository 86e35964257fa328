package ladder

import (
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// circuits is an encoder that says it is in hardware and fails: at once, or when it is told to.
func circuits(usual encoder, atOnce bool) (e encoder, used func() int) {
	var mu sync.Mutex
	uses := 0
	e = usual
	e.hardware = true
	e.settings = func(kbit int) []string {
		mu.Lock()
		defer mu.Unlock()
		uses++
		if atOnce {
			return append(usual.settings(kbit), "-preset", "there is none")
		}
		return usual.settings(kbit)
	}
	return e, func() int {
		mu.Lock()
		defer mu.Unlock()
		return uses
	}
}

// An encoder in hardware that worked in its trial and fails for a broadcast is followed by one in software, with the very next
// picture; other broadcasts that begin soon do not try it.
func TestHardwareFails(t *testing.T) {
	t.Parallel()
	for _, atOnce := range []bool{true, false} {
		t.Run(map[bool]string{true: "at once", false: "in the middle"}[atOnce], func(t *testing.T) {
			t.Parallel()
			meter, to := &tally{}, newShore()
			l, diary := opened(t, "240p,144p", meter)
			if l.best.encoder.hardware {
				t.Skip("this machine has an encoder in hardware: the test stands libx264 in for it")
			}
			l.spare = l.best
			var used func() int
			l.best.encoder, used = circuits(l.best.encoder, atOnce)
			p, down := up(t, l, to)
			if !atOnce {
				to.until(t, "pictures", func() bool { return len(to.frames[0]) > 60 && len(to.frames[1]) > 60 })
				diary.signal(syscall.SIGKILL)
			}
			to.until(t, "pictures made in software", func() bool { return len(to.frames[0]) > 150 && len(to.frames[1]) > 150 })
			down()
			for n := range 2 {
				to.aligned(t, n, p.sent, 1)
				if to.rests[n] != 0 {
					t.Errorf("rung %d rested", n)
				}
			}
			if used() != 2 || meter.started != 2 || meter.ended[Crashed] != 1 || meter.rungs != 0 {
				t.Errorf("hardware was asked for %d rungs: %+v", used(), meter)
			}
			if next := l.wayNow(); next.encoder.hardware {
				t.Errorf("the next broadcast tries %+v", next)
			}
		})
	}
}

// What failed is tried again by broadcasts that begin later; without anything in software it is kept.
func TestHardwareIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hard, soft := way{encoder: encoder{name: "circuits", hardware: true}, capacity: 9}, way{encoder: encoder{name: "libx264"}, capacity: 1}
		l := &Ladder{best: hard, spare: soft}
		var said strings.Builder
		log := slog.New(slog.NewTextHandler(&said, nil))
		if w := l.fails(hard, log); w.encoder.name != "libx264" || l.wayNow().capacity != 1 || !strings.Contains(said.String(), "encoder=circuits instead=libx264") {
			t.Errorf("it goes on with %+v: %s", w, &said)
		}
		if w := l.fails(soft, log); w.encoder.name != "libx264" {
			t.Errorf("what fails in software goes on with %+v", w)
		}
		time.Sleep(brokenFor)
		if w := l.wayNow(); w.encoder.name != "circuits" {
			t.Errorf("ten minutes later it is %+v", w)
		}
		l.spare = way{}
		if w := l.fails(hard, log); w.encoder.name != "circuits" || l.wayNow().encoder.name != "circuits" {
			t.Errorf("without software it goes on with %+v", w)
		}
	})
}

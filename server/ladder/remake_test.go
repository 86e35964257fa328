package ladder

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"os"
	"shoal/server/ingest"
	"shoal/server/ingest/loop"
)

// taken are the samples that a publisher of the demo's clip sends in a while, without waiting for them.
type taken struct {
	all  []ingest.Sample
	most int
}

var errEnough = errors.New("enough")

func (k *taken) Tracks([]ingest.Track) error { return nil }

func (k *taken) Sample(s ingest.Sample) error {
	if s.Track != 0 {
		return nil
	}
	if k.all = append(k.all, s); len(k.all) == k.most {
		return errEnough
	}
	return nil
}

func TestRemakeHasEveryPictureAtItsRank(t *testing.T) {
	found, _ := opened(t, "auto", nil)
	l := found.Late(Spec{})
	b, err := os.ReadFile("../../cmd/shoal/demo/clip.mp4")
	if err != nil {
		t.Fatal(err)
	}
	clip, err := loop.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	k := &taken{most: 90} // three seconds
	if err := clip.Play(t.Context(), k); !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	const later = 3 * time.Hour // a run within a long recording
	at := 0
	next := func() (ingest.Sample, error) {
		if at == len(k.all) {
			return ingest.Sample{}, io.EOF
		}
		s := k.all[at]
		s.DTS, s.PTS = s.DTS+later, s.PTS+later
		at++
		return s, nil
	}
	var ranks [2][]int
	var begun [2]int
	shownAt := map[time.Duration]bool{}
	for _, s := range k.all {
		shownAt[s.PTS+later] = s.Key
	}
	err = l.Remake(t.Context(), Run{
		Source: clip.Tracks[0], Picture: Picture{Width: 640, Height: 360, Rate: 30}, Rungs: []Rung{{240, 350}, {144, 180}}, Next: next,
		Begins: func(n int, track ingest.Track) error { begun[n]++; return nil },
		Frame: func(n, rank int, s ingest.Sample) error {
			ranks[n] = append(ranks[n], rank)
			if key, is := shownAt[s.PTS]; !is || key && !s.Key {
				t.Errorf("rung %d has a picture at %v that the source has not, or not as a key frame", n, s.PTS)
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if begun != [2]int{1, 1} {
		t.Errorf("of 240p and 144p of 360p began %v", begun)
	}
	for n := range ranks {
		if len(ranks[n]) != len(k.all) {
			t.Errorf("rung %d has %d pictures of %d", n, len(ranks[n]), len(k.all))
		}
		for i, rank := range ranks[n] {
			if rank != i {
				t.Fatalf("picture %d of rung %d stands for sample %d", i, n, rank)
			}
		}
	}
}

func TestRemakeStopsWhenItIsTold(t *testing.T) {
	found, _ := opened(t, "auto", nil)
	l := found.Late(Spec{})
	b, err := os.ReadFile("../../cmd/shoal/demo/clip.mp4")
	if err != nil {
		t.Fatal(err)
	}
	clip, err := loop.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	k := &taken{most: 30}
	if err := clip.Play(t.Context(), k); !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	endless := func() (ingest.Sample, error) {
		s := k.all[n%len(k.all)]
		s.DTS, s.PTS = s.DTS+time.Duration(n/len(k.all))*time.Second, s.PTS+time.Duration(n/len(k.all))*time.Second
		n++
		return s, nil
	}
	run := Run{
		Source: clip.Tracks[0], Picture: Picture{Width: 640, Height: 360, Rate: 30}, Rungs: []Rung{{144, 180}}, Next: endless,
		Begins: func(int, ingest.Track) error { return nil },
		Frame:  func(int, int, ingest.Sample) error { cancel(); return nil },
	}
	if err := l.Remake(ctx, run); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	broken := errors.New("the disk fails")
	run.Frame = func(int, int, ingest.Sample) error { return broken }
	if err := l.Remake(t.Context(), run); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	run.Next = func() (ingest.Sample, error) { return ingest.Sample{}, broken }
	if err := l.Remake(t.Context(), run); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

func TestLackingNamesWhatARecordingHasNot(t *testing.T) {
	found, _ := opened(t, "auto", nil)
	l := found.Late(Spec{})
	p := Picture{Width: 1920, Height: 1080, Rate: 30}
	all := l.Lacking(Spec{}, p, nil, 4)
	if len(all) != 2 || all[0].Height != 720 {
		t.Fatalf("of 1080p: %v", all)
	}
	if some := l.Lacking(Spec{}, p, []int{720}, 4); len(some) != 1 || some[0] != all[1] {
		t.Errorf("beside 720p: %v", some)
	}
	if none := l.Lacking(Spec{}, p, []int{480, 240}, 4); len(none) != 0 {
		t.Errorf("beside the publisher's own 480p and 240p: %v", none)
	}
	if one := l.Lacking(Spec{}, p, nil, 1); len(one) != 1 || one[0] != all[1] {
		t.Errorf("with room for one: %v", one)
	}
	spec, err := ParseSpec("480p,240p@200")
	if err != nil {
		t.Fatal(err)
	}
	if named := found.Late(spec).Lacking(Spec{}, Picture{Width: 640, Height: 360}, nil, 4); len(named) != 1 || named[0] != (Rung{240, 200}) {
		t.Errorf("of 360p: %v", named)
	}
}

package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"shoal/id"
	"shoal/server/channel"
)

// row makes a distinct row.
func row(name string) channel.Row {
	digest := sha256.Sum256([]byte(name))
	return channel.Row{
		ID: id.Channel(digest), Name: id.Name(name), KeyHash: sha256.Sum256(digest[:]),
		Sealed: []byte("sealed " + name), Created: time.UnixMilli(1_700_000_000_123).UTC(), Settings: "of=" + name,
	}
}

// Channels runs the contract of channel.Rows. open returns empty rows; whoever opens closes them with t.Cleanup.
func Channels(t *testing.T, open func(t *testing.T) channel.Rows) {
	for name, test := range map[string]func(*testing.T, channel.Rows){
		"finds a row by each of its names":   findsByEach,
		"adds nothing twice":                 addsNothingTwice,
		"is full beyond its bound":           isFull,
		"lists by name":                      listsByName,
		"replaces a key hash":                replacesKeyHash,
		"replaces settings":                  replacesSettings,
		"notes who is on air":                notesOnAir,
		"removes a row":                      removes,
		"never repeats an epoch":             neverRepeats,
		"counts epochs of each channel":      countsEach,
		"leaves nothing of a cancelled call": cancelled,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func add(t *testing.T, r channel.Rows, rows ...channel.Row) {
	t.Helper()
	for _, row := range rows {
		if err := r.AddChannel(t.Context(), row, channel.ChannelsMax); err != nil {
			t.Fatalf("adding %s: %v", row.Name, err)
		}
	}
}

func findsByEach(t *testing.T, r channel.Rows) {
	want := row("reef")
	add(t, r, want, row("kelp"))
	for _, q := range []channel.Query{{ID: want.ID}, {Name: want.Name}, {KeyHash: want.KeyHash}} {
		got, err := r.FindChannel(t.Context(), q)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("found %+v, %v; want %+v", got, err, want)
		}
	}
	other := row("sand")
	for _, q := range []channel.Query{{}, {ID: other.ID}, {Name: other.Name}, {KeyHash: other.KeyHash}} {
		if _, err := r.FindChannel(t.Context(), q); !errors.Is(err, channel.ErrNotFound) {
			t.Errorf("query %+v: %v, want ErrNotFound", q, err)
		}
	}
}

func addsNothingTwice(t *testing.T, r channel.Rows) {
	first := row("reef")
	add(t, r, first)
	sameName, sameID, sameKey := row("a"), row("b"), row("c")
	sameName.Name, sameID.ID, sameKey.KeyHash = first.Name, first.ID, first.KeyHash
	for _, again := range []channel.Row{first, sameName, sameID, sameKey} {
		if err := r.AddChannel(t.Context(), again, channel.ChannelsMax); !errors.Is(err, channel.ErrTaken) {
			t.Errorf("adding %+v: %v, want ErrTaken", again, err)
		}
	}
	if list, err := r.ListChannels(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("%d rows, %v; want the first alone", len(list), err)
	}
}

func isFull(t *testing.T, r channel.Rows) {
	add(t, r, row("a"), row("b"))
	if err := r.AddChannel(t.Context(), row("c"), 2); !errors.Is(err, channel.ErrFull) {
		t.Errorf("third of two: %v, want ErrFull", err)
	}
}

func listsByName(t *testing.T, r channel.Rows) {
	if list, err := r.ListChannels(t.Context()); err != nil || len(list) != 0 {
		t.Fatalf("new rows list %d, %v", len(list), err)
	}
	add(t, r, row("reef"), row("anemone"), row("kelp"))
	list, err := r.ListChannels(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []channel.Row{row("anemone"), row("kelp"), row("reef")}
	if !reflect.DeepEqual(list, want) {
		t.Errorf("list %+v, want %+v", list, want)
	}
}

func replacesKeyHash(t *testing.T, r channel.Rows) {
	old := row("reef")
	add(t, r, old)
	hash := id.Digest(sha256.Sum256([]byte("new")))
	if err := r.SetKeyHash(t.Context(), old.ID, hash); err != nil {
		t.Fatal(err)
	}
	if _, err := r.FindChannel(t.Context(), channel.Query{KeyHash: old.KeyHash}); !errors.Is(err, channel.ErrNotFound) {
		t.Errorf("the old key still finds its channel: %v", err)
	}
	if got, err := r.FindChannel(t.Context(), channel.Query{KeyHash: hash}); err != nil || got.ID != old.ID {
		t.Errorf("the new key finds %+v, %v", got, err)
	}
	if err := r.SetKeyHash(t.Context(), row("sand").ID, hash); !errors.Is(err, channel.ErrNotFound) {
		t.Errorf("unknown channel: %v, want ErrNotFound", err)
	}
}

func replacesSettings(t *testing.T, r channel.Rows) {
	reef, kelp := row("reef"), row("kelp")
	add(t, r, reef, kelp)
	if err := r.SetSettings(t.Context(), reef.ID, "of=another", "x=1"); !errors.Is(err, channel.ErrChanged) {
		t.Errorf("believed to be others: %v, want ErrChanged", err)
	}
	if err := r.SetSettings(t.Context(), reef.ID, reef.Settings, "x=2"); err != nil {
		t.Fatal(err)
	}
	if err := r.SetSettings(t.Context(), row("sand").ID, "", "x=3"); !errors.Is(err, channel.ErrNotFound) {
		t.Errorf("unknown channel: %v, want ErrNotFound", err)
	}
	for of, want := range map[id.Channel]string{reef.ID: "x=2", kelp.ID: kelp.Settings} {
		if got, err := r.FindChannel(t.Context(), channel.Query{ID: of}); err != nil || got.Settings != want {
			t.Errorf("settings %q, %v; want %q", got.Settings, err, want)
		}
	}
}

func notesOnAir(t *testing.T, r channel.Rows) {
	reef, kelp := row("reef"), row("kelp")
	add(t, r, reef, kelp)
	for _, on := range []bool{true, true, false, false, true} {
		if err := r.SetOnAir(t.Context(), reef.ID, on); err != nil {
			t.Fatal(err)
		}
		reef.OnAir = on
		if list, err := r.ListChannels(t.Context()); err != nil || !reflect.DeepEqual(list, []channel.Row{kelp, reef}) {
			t.Errorf("reef on air %v: %+v, %v", on, list, err)
		}
	}
	if err := r.SetOnAir(t.Context(), row("sand").ID, true); !errors.Is(err, channel.ErrNotFound) {
		t.Errorf("unknown channel: %v, want ErrNotFound", err)
	}
}

func neverRepeats(t *testing.T, r channel.Rows) {
	const callers, calls = 8, 25
	reef := row("reef")
	add(t, r, reef)
	var mu sync.Mutex
	var all []uint64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			last := uint64(0)
			for range calls {
				epoch, err := r.NextEpoch(t.Context(), reef.ID)
				if err != nil || epoch <= last {
					t.Errorf("epoch %d after %d: %v", epoch, last, err)
					return
				}
				last = epoch
				mu.Lock()
				all = append(all, epoch)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(all)
	for i, epoch := range all {
		if epoch != uint64(i+1) {
			t.Fatalf("epoch number %d is %d: one was repeated or left out", i, epoch)
		}
	}
}

func countsEach(t *testing.T, r channel.Rows) {
	add(t, r, row("a"), row("b"))
	for want := uint64(1); want <= 3; want++ {
		for _, name := range []string{"a", "b"} {
			if got, err := r.NextEpoch(t.Context(), row(name).ID); err != nil || got != want {
				t.Errorf("channel %s: epoch %d, %v; want %d", name, got, err, want)
			}
		}
	}
	if _, err := r.NextEpoch(t.Context(), row("sand").ID); !errors.Is(err, channel.ErrNotFound) {
		t.Errorf("unknown channel: %v, want ErrNotFound", err)
	}
}

func cancelled(t *testing.T, r channel.Rows) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.AddChannel(ctx, row("reef"), channel.ChannelsMax); err == nil {
		t.Error("a cancelled AddChannel succeeded")
	}
	if list, err := r.ListChannels(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("a cancelled AddChannel left %d rows, %v", len(list), err)
	}
}

func removes(t *testing.T, r channel.Rows) {
	gone, stays := row("reef"), row("kelp")
	add(t, r, gone, stays)
	if err := r.RemoveChannel(t.Context(), gone.ID); err != nil {
		t.Fatal(err)
	}
	for _, q := range []channel.Query{{ID: gone.ID}, {Name: gone.Name}, {KeyHash: gone.KeyHash}} {
		if _, err := r.FindChannel(t.Context(), q); !errors.Is(err, channel.ErrNotFound) {
			t.Errorf("query %+v: %v, want ErrNotFound", q, err)
		}
	}
	if err := r.RemoveChannel(t.Context(), gone.ID); !errors.Is(err, channel.ErrNotFound) {
		t.Errorf("removed twice: %v, want ErrNotFound", err)
	}
	if _, err := r.FindChannel(t.Context(), channel.Query{ID: stays.ID}); err != nil {
		t.Errorf("the other row: %v", err)
	}
	add(t, r, row("reef")) // the name is free again
}

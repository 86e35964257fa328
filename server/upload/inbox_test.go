package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestRoomIsReservedBeforeTheFirstByte(t *testing.T) {
	press := newShelf()
	tools := &told{}
	x := newInbox(t, tools, press)
	refused := func(want error, length int64) {
		t.Helper()
		if _, err := x.Reserve(fish, "fish", "a.mp4", length); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", length, err, want)
		}
	}
	refused(ErrEmpty, 0)
	refused(ErrEmpty, -1)
	refused(ErrLarge, 1<<30+1)
	tools.missing = errors.New("no ffmpeg")
	refused(ErrTools, 1)
	tools.missing = nil
	press.spare = 2<<20 - 1 // the file and its recording
	refused(ErrFull, 1<<20)
	press.spare = 2 << 20
	first, err := x.Reserve(fish, "fish", "a.mp4", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	refused(ErrFull, 1) // what is promised is gone, though not a byte came
	press.spare = 1 << 40
	for range 2 {
		if _, err := x.Reserve(fish, "fish", "b.mp4", 1<<30-1<<20); err != nil {
			t.Fatal(err)
		}
	}
	refused(ErrQuota, 1<<21)
	if _, err := x.Reserve([32]byte{2}, "other", "b.mp4", 1<<21); err != nil {
		t.Errorf("another channel pays for this one: %v", err)
	}
	for range OpenMax - 3 {
		if _, err := x.Reserve(fish, "fish", "c.mp4", 1); err != nil {
			t.Fatal(err)
		}
	}
	refused(ErrMany, 1)
	if err := x.Remove(fish, first.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Reserve(fish, "fish", "c.mp4", 1); err != nil {
		t.Errorf("what was deleted still takes room: %v", err)
	}
}

func TestBytesComeInOrderAndNoMoreThanPromised(t *testing.T) {
	x := newInbox(t, &told{}, newShelf())
	r, err := x.Reserve(fish, "fish", "a.mp4", 10)
	if err != nil {
		t.Fatal(err)
	}
	write := func(offset int64, text string) (int64, error) {
		return x.Write(fish, r.ID, offset, strings.NewReader(text))
	}
	if n, err := write(0, "abcd"); n != 4 || err != nil {
		t.Fatal(n, err)
	}
	for _, wrong := range []int64{0, 3, 5, 10, -1} {
		if n, err := write(wrong, "x"); n != 0 || !errors.Is(err, ErrOffset) {
			t.Errorf("from %d: %d, %v", wrong, n, err)
		}
	}
	if err := x.Received(fish, r.ID); !errors.Is(err, ErrOffset) {
		t.Errorf("received with a part of it: %v", err)
	}
	if n, err := write(4, "efghijKLMN"); n != 6 || err != nil {
		t.Errorf("more than promised: %d, %v", n, err)
	}
	b, err := os.ReadFile(x.media(r.ID))
	if err != nil || string(b) != "abcdefghij" {
		t.Errorf("%q %v", b, err)
	}
	if err := x.Received(fish, r.ID); err != nil {
		t.Error(err)
	}
	if _, err := write(10, ""); !errors.Is(err, ErrOffset) {
		t.Errorf("after the end: %v", err)
	}
	if _, err := x.Show([32]byte{2}, r.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("another channel sees it: %v", err)
	}
	if err := x.Remove([32]byte{2}, r.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("another channel deletes it: %v", err)
	}
}

// slow brings a byte, and then waits to be let on.
type slow struct {
	came, on chan struct{}
	said     bool
}

func (s *slow) Read(b []byte) (int, error) {
	if s.said {
		close(s.came)
		<-s.on
		return 0, io.EOF
	}
	s.said = true
	b[0] = 'a'
	return 1, nil
}

func TestOneWriterAtATime(t *testing.T) {
	x := newInbox(t, &told{}, newShelf())
	r, err := x.Reserve(fish, "fish", "a.mp4", 10)
	if err != nil {
		t.Fatal(err)
	}
	s := &slow{came: make(chan struct{}), on: make(chan struct{})}
	ended := make(chan error)
	go func() {
		_, err := x.Write(fish, r.ID, 0, s)
		ended <- err
	}()
	<-s.came
	if _, err := x.Write(fish, r.ID, 1, strings.NewReader("b")); !errors.Is(err, ErrBusy) {
		t.Errorf("a second writer: %v", err)
	}
	close(s.on)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if n, err := x.Write(fish, r.ID, 1, strings.NewReader("b")); n != 1 || err != nil {
		t.Error(n, err)
	}
}

func TestWhatRestsTooLongIsDeleted(t *testing.T) {
	x := newInbox(t, &told{}, newShelf())
	now := time.Now()
	x.now = func() time.Time { return now }
	r, err := x.Reserve(fish, "fish", "a.mp4", 10)
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(SilentMax - time.Minute)
	x.sweep()
	if _, err := x.Show(fish, r.ID); err != nil {
		t.Fatal("deleted too early")
	}
	now = now.Add(2 * time.Minute)
	x.sweep()
	if _, err := x.Show(fish, r.ID); !errors.Is(err, ErrNotFound) {
		t.Error("it is still there")
	}
	if left, err := os.ReadDir(x.config.Dir); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}

// What an earlier process left in any state is where it can go on.
func TestEveryStateOutlivesTheProcess(t *testing.T) {
	press := newShelf()
	press.sealed[7] = &made{}
	for _, c := range []struct {
		was      State
		epoch    uint64
		bytes    int // of 4
		is       State
		fileLeft bool
	}{
		{Receiving, 0, 3, Receiving, true},
		{Receiving, 0, 4, Waiting, true}, // it ended before it could say so
		{Waiting, 0, 4, Waiting, true},
		{Probing, 0, 4, Waiting, true},
		{Packaging, 6, 4, Waiting, true},
		{Packaging, 7, 4, Ready, false}, // sealed, and then killed
		{Waiting, 7, 4, Ready, false},
		{Ready, 7, 4, Ready, false},
		{Refused, 0, 4, Refused, false},
	} {
		dir := t.TempDir()
		one := newID()
		if err := os.Mkdir(filepath.Join(dir, one), 0o700); err != nil {
			t.Fatal(err)
		}
		a := about{ID: one, Channel: fish, Name: "fish", Title: "a", Length: 4, State: c.was, Epoch: c.epoch, Created: time.Now()}
		if c.was.ended() {
			a.Ended = time.Now()
		}
		err := a.save(filepath.Join(dir, one))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, one, mediaFile), []byte("abcd")[:c.bytes], 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		x := openInbox(t, dir, &told{}, press)
		r, err := x.Show(fish, one)
		if err != nil || r.State != c.is {
			t.Errorf("%s with epoch %d is %s afterwards, want %s: %v", c.was, c.epoch, r.State, c.is, err)
		}
		if _, err := os.Stat(x.media(one)); (err == nil) != c.fileLeft {
			t.Errorf("%s with epoch %d: the file: %v", c.was, c.epoch, err)
		}
		again := openInbox(t, dir, &told{}, press)
		if r, err := again.Show(fish, one); err != nil || r.State != c.is {
			t.Errorf("%s: at the second start %s %v", c.was, r.State, err)
		}
	}
}

func TestWhatCannotBeReadIsDeleted(t *testing.T) {
	dir := t.TempDir()
	one := newID()
	for _, path := range []string{one, "strange", newID()} {
		if err := os.Mkdir(filepath.Join(dir, path), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, one, aboutFile), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := openInbox(t, dir, &told{}, newShelf())
	if left, err := os.ReadDir(dir); len(x.entries) > 0 || err != nil || len(left) != 1 || left[0].Name() != "strange" {
		t.Errorf("%v %v", left, err) // what is not ours is left alone
	}
}

const someFacts = `{"streams":[{"index":0,"codec_type":"video","codec_name":"hevc","width":320,"height":180}],"format":{"duration":"10"}}`

// A failure of ours is tried again, and one of the file's is its last word.
func TestWhoseFaultItIs(t *testing.T) {
	press := newShelf()
	tools := &told{}
	x := newInbox(t, tools, press)
	mp4 := []byte("\x00\x00\x00\x08ftyp\x00\x00\x00\x08moov")
	tools.run = func(_ context.Context, e Errand) error { return fmt.Errorf("gone: %w", ErrTools) }
	r := worked(t, x, "a.mp4", mp4)
	if r.State != Waiting || !strings.Contains(r.Why, "ffmpeg") {
		t.Errorf("ffmpeg vanished: %+v", r)
	}
	for range 2 * attemptsMax { // waiting is no attempt
		x.work(t.Context(), x.next(nil))
	}
	tools.run = func(_ context.Context, e Errand) error {
		if e.Probe {
			return says(e, someFacts)
		}
		return errors.New("exit status 1")
	}
	x.work(t.Context(), x.next(nil))
	if r, _ := x.Show(fish, r.ID); r.State != Refused || !strings.Contains(r.Why, "Convert it") {
		t.Errorf("a damaged file: %+v", r)
	}
	tools.run = func(ctx context.Context, e Errand) error {
		if e.Probe {
			return says(e, someFacts)
		}
		<-ctx.Done()
		return context.Cause(ctx)
	}
	one := receive(t, x, "b.mp4", mp4)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	x.work(ctx, x.next(nil))
	if r, _ := x.Show(fish, one); r.State != Waiting || x.entries[one].Attempts != 0 {
		t.Errorf("the server ended: %+v", r)
	}
}

// A file that ends the server each time is not tried for ever.
func TestAFileThatEndsTheServer(t *testing.T) {
	dir, press := t.TempDir(), newShelf()
	x := openInbox(t, dir, &told{}, press)
	one := receive(t, x, "a.mp4", []byte("\x00\x00\x00\x08ftyp\x00\x00\x00\x08moov"))
	for n := range attemptsMax {
		if err := x.begin(x.next(nil), func() {}); err != nil { // and then the process is gone
			t.Fatalf("attempt %d: %v", n, err)
		}
		x = openInbox(t, dir, &told{}, press)
	}
	x.work(t.Context(), x.next(nil))
	if r, err := x.Show(fish, one); err != nil || r.State != Refused || !strings.Contains(r.Why, "each time") {
		t.Errorf("%+v %v", r, err)
	}
}

// What cannot be done now is tried again after a rest, not at once and for ever, and the next upload does not wait for it.
func TestWhatWaitsRestsBetweenTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		press := newShelf()
		var count atomic.Int64
		tried := func() int { return int(count.Load()) }
		x := newInbox(t, &told{run: func(context.Context, Errand) error {
			count.Add(1)
			return fmt.Errorf("gone: %w", ErrTools)
		}}, press)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- x.Run(ctx) }()
		for n := range 2 {
			receive(t, x, "a.mp4", []byte("\x00\x00\x00\x08ftyp\x00\x00\x00\x08moov"))
			synctest.Wait()
			if tries, want := tried(), 2*n+1; tries > want+1 || tries < want {
				t.Errorf("after upload %d: %d tries", n, tries)
			}
		}
		before := tried()
		time.Sleep(10*sweepEvery + time.Second)
		synctest.Wait()
		if more := tried() - before; more != 20 {
			t.Errorf("two uploads were tried %d times in ten rests", more)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestAnUploadIsRemovedWhileItIsWorkedOn(t *testing.T) {
	press := newShelf()
	began := make(chan struct{})
	x := newInbox(t, &told{run: func(ctx context.Context, e Errand) error {
		close(began)
		<-ctx.Done()
		return context.Cause(ctx)
	}}, press)
	one := receive(t, x, "a.mp4", []byte("\x00\x00\x00\x08ftyp\x00\x00\x00\x08moov"))
	ended := make(chan struct{})
	go func() {
		x.work(t.Context(), x.next(nil))
		close(ended)
	}()
	<-began
	if err := x.Remove(fish, one); err != nil {
		t.Error(err)
	}
	<-ended
	if left, err := os.ReadDir(x.config.Dir); err != nil || len(left) > 0 || len(x.List(fish)) > 0 {
		t.Error(left, err)
	}
}

func TestTitles(t *testing.T) {
	for said, want := range map[string]string{
		"holiday.mp4":                   "holiday",
		"../../etc/passwd":              "passwd",
		`C:\Users\me\My film.final.MOV`: "My film.final",
		"/":                             "",
		"":                              "",
		".mp4":                          ".mp4",
		"a\x00b\nc\u202Egpj.exe":        "abcgpj",
		"\xff\xfe":                      "",
		strings.Repeat("ä", 80):         strings.Repeat("ä", titleMax/2),
		"no extension at all. really":   "no extension at all. really",
	} {
		if got := titleOf(said); got != want {
			t.Errorf("%q is called %q, want %q", said, got, want)
		}
	}
}

func TestAboutIsReadBack(t *testing.T) {
	a := about{
		ID: newID(), Channel: fish, Name: "fish", Title: "ä", Length: 5, State: Ready, Why: "w", Epoch: 3, Attempts: 2,
		Created: time.UnixMilli(1000).UTC(), Ended: time.UnixMilli(2000).UTC(),
	}
	b, err := a.marshal()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := parseAbout(b, a.ID); err != nil || got != a {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := parseAbout(bytes.Replace(b, []byte(`"ready"`), []byte(`"dancing"`), 1), a.ID); err == nil {
		t.Error("a state that does not exist is read")
	}
}

func FuzzAbout(f *testing.F) {
	b, _ := about{Channel: fish, Name: "fish", Length: 5, State: Waiting}.marshal()
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseAbout(b, "x")
		if err != nil {
			return
		}
		again, err := a.marshal()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parseAbout(again, "x"); err != nil || got != a {
			t.Fatalf("%+v is read back as %+v: %v", a, got, err)
		}
	})
}

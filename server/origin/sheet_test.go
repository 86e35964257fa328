package origin

import (
	"bytes"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"testing"
)

func TestSheets(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("files in memory are Linux's")
	}
	all := &sheets{most: 1}
	words := bytes.Repeat([]byte("reef"), 100_000)
	part := &stored{data: words}
	if part.sheeted(all) != nil {
		t.Fatal("what is asked for once has a sheet")
	}
	s := part.sheeted(all)
	if s == nil || part.sheeted(all) != s || all.used.Load() != 1 {
		t.Fatalf("asked for again: %v, %d in all", s, all.used.Load())
	}
	if all.write(words) != nil || all.used.Load() != 1 {
		t.Error("there are more than there may be")
	}
	var wait sync.WaitGroup
	for range 3 * openMax { // each reads the whole from its own place
		wait.Go(func() {
			f := s.take()
			defer s.give(f)
			if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, words) {
				t.Errorf("%d bytes of %d, %v", len(got), len(words), err)
			}
		})
	}
	wait.Wait()
	if len(s.spares) > openMax {
		t.Errorf("%d files are kept open", len(s.spares))
	}
	late := s.take()
	part.drop()
	part.drop()
	if got, err := io.ReadAll(late); err != nil || !bytes.Equal(got, words) {
		t.Errorf("who reads while it is dropped gets %d bytes, %v", len(got), err)
	}
	s.give(late)
	if s.take() != nil || all.used.Load() != 0 {
		t.Errorf("it is still there: %d", all.used.Load())
	}
}

// plain is a writer that files cannot be sent through.
type plain struct{ io.Writer }

// A content reads the same from memory, from sheets and through a socket; also when a sheet is gone.
func TestContentIsWritten(t *testing.T) {
	first, second := bytes.Repeat([]byte("a"), 300_000), bytes.Repeat([]byte("b"), 200_000)
	all := &sheets{most: 2}
	gone := all.write(second)
	if gone != nil {
		gone.close()
	}
	for what, sheets := range map[string][]*sheet{
		"in memory": nil, "on sheets": {all.write(first), nil}, "on a sheet that is gone": {nil, gone},
	} {
		c := &Content{pieces: [][]byte{first, second}, sheets: sheets, size: 500_000}
		var out bytes.Buffer
		if n, err := c.WriteTo(plain{&out}); n != 500_000 || err != nil || !bytes.Equal(out.Bytes(), append(bytes.Clone(first), second...)) {
			t.Errorf("%s: %d bytes, %v", what, n, err)
		}
		c.at = 0
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan []byte, 1)
		go func() {
			conn, err := l.Accept()
			if err != nil {
				got <- nil
				return
			}
			b, _ := io.ReadAll(conn) // what came is compared
			got <- b
		}()
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if n, err := c.WriteTo(conn); n != 500_000 || err != nil {
			t.Errorf("%s, through a socket: %d bytes, %v", what, n, err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		if b := <-got; !bytes.Equal(b, append(bytes.Clone(first), second...)) {
			t.Errorf("%s, through a socket: %d bytes came", what, len(b))
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat("/proc/self/fd"); err == nil && gone != nil && gone.take() != nil {
		t.Error("a sheet that is gone is taken")
	}
}

package origin

import (
	"bytes"
	"errors"
	"io"
	"net"
	"runtime"
	"runtime/pprof"
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
	part.drop()
	part.drop()
	if all.used.Load() != 0 {
		t.Errorf("%d are still there", all.used.Load())
	}
}

// plain is a writer that files cannot be sent through.
type plain struct{ io.Writer }

// A content reads the same from memory, from sheets and through a socket; also when a sheet is gone.
func TestContentIsWritten(t *testing.T) {
	first, second := bytes.Repeat([]byte("a"), 300_000), bytes.Repeat([]byte("b"), 200_000)
	all := &sheets{most: 4}
	gone, cut, empty := all.write(second), all.write(second), all.write(second)
	if gone != nil {
		gone.close()
		if err := errors.Join(cut.file.Truncate(1234), empty.file.Truncate(0)); err != nil {
			t.Fatal(err)
		}
	}
	for what, sheets := range map[string][]*sheet{
		"in memory": nil, "on sheets": {all.write(first), nil}, "on a sheet that is gone": {nil, gone},
		"on a sheet that is cut": {all.write(first), cut}, "on an empty sheet": {nil, empty},
	} {
		whole := append(bytes.Clone(first), second...)
		for _, from := range []int64{0, 1, 299_999, 300_000, 300_001, 499_999, 500_000} {
			want := whole[from:]
			c := &Content{pieces: [][]byte{first, second}, sheets: sheets, size: 500_000, at: from}
			var out bytes.Buffer
			if n, err := c.WriteTo(plain{&out}); n != int64(len(want)) || err != nil || !bytes.Equal(out.Bytes(), want) {
				t.Errorf("%s from %d: %d bytes, %v", what, from, n, err)
			}
			for way, through := range map[string]func(*net.TCPConn) io.Writer{
				"read by a socket": func(c *net.TCPConn) io.Writer { return c }, "sent through one": func(c *net.TCPConn) io.Writer { return direct{c} },
			} {
				c.at = from
				conn, came := pipe(t)
				if n, err := c.WriteTo(through(conn)); n != int64(len(want)) || err != nil {
					t.Errorf("%s from %d, %s: %d bytes, %v", what, from, way, n, err)
				}
				if err := conn.Close(); err != nil {
					t.Error(err)
				}
				if b := <-came; !bytes.Equal(b, want) {
					t.Errorf("%s from %d, %s: %d bytes came", what, from, way, len(b))
				}
			}
		}
	}
}

// direct is a connection that lets contents send themselves, as the lobby's do.
type direct struct{ *net.TCPConn }

func (d direct) ReadFrom(r io.Reader) (int64, error) {
	raw, err := d.SyscallConn()
	if err != nil {
		return 0, err
	}
	o := r.(outgoing)
	n, err := o.SendTo(raw)
	if err != nil || o.Left() == 0 {
		return n, err
	}
	rest, err := d.TCPConn.ReadFrom(r)
	return n + rest, err
}

// pipe returns a connection, and what came through when it is closed.
func pipe(t *testing.T) (*net.TCPConn, <-chan []byte) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // one connection was all
	came := make(chan []byte, 1)
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, err := l.Accept()
		accepted <- conn
		if err != nil {
			came <- nil
			return
		}
		b, _ := io.ReadAll(conn) // what came is compared
		_ = conn.Close()         // it was read
		came <- b
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	<-accepted
	return conn.(*net.TCPConn), came
}

// Many readers of the same parts, slow ones too, get all of them while these are forgotten and the processor is interrupted all the time.
func TestSheetsAreSentWhole(t *testing.T) {
	if pprof.StartCPUProfile(io.Discard) == nil { // or the test itself is profiled already
		defer pprof.StopCPUProfile()
	}
	const parts, readers = 4, 24
	var mu sync.Mutex
	all := &sheets{most: 1 << 20}
	var kept []*stored
	var whole []byte
	for n := range parts {
		b := make([]byte, 200_000+n)
		for i := range b {
			b[i] = byte(i*7 + i>>8 + n)
		}
		kept, whole = append(kept, &stored{data: b, asked: 1}), append(whole, b...)
	}
	var wait sync.WaitGroup
	for n := range readers {
		wait.Go(func() {
			for round := range 6 {
				c := &Content{size: int64(len(whole))}
				mu.Lock()
				for _, s := range kept {
					c.pieces, c.sheets = append(c.pieces, s.data), append(c.sheets, s.sheeted(all))
				}
				mu.Unlock()
				conn, came := pipe(t)
				if n%3 == 0 {
					_ = conn.SetWriteBuffer(4 << 10) // it takes many turns
				}
				if sent, err := c.WriteTo(direct{conn}); sent != c.size || err != nil {
					t.Errorf("%d bytes were sent, %v", sent, err)
				}
				_ = conn.Close() // what came is compared
				if b := <-came; !bytes.Equal(b, whole) {
					t.Errorf("%d bytes came of %d", len(b), len(whole))
				}
				if (n+round)%5 == 0 { // forgotten, and a moment later kept again
					mu.Lock()
					s := kept[round%parts]
					s.drop()
					kept[round%parts] = &stored{data: s.data, asked: 1}
					mu.Unlock()
				}
			}
		})
	}
	wait.Wait()
}

package upload

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// whole is set by `make proof-uploads`.
var whole = flag.Bool("whole", false, "try all of the fixed hostile files, not one in fixedShare")

const (
	// corpusFiles is how many hostile files there are that are the same in every run: those with names (hostiles), and fixedFiles.
	corpusFiles = 500
	fixedFiles  = 458
	// fixedShare is how many of them `go test` tries one of: some twenty seconds' worth.
	fixedShare = 6
	// drawnFiles is how many one run draws anew: -count=50 tries two thousand.
	drawnFiles = 40
	// fixedDigest is the SHA-256 of all fixed files, one after the other, with stand-ins for where the canary is.
	fixedDigest = "4926851fcbe6c6da6d8dd682ee640348d26487dd3fd84570b9e3e3fa2e880947"
	// takenMax is how much memory the server may take from the system for files of a few kilobytes.
	takenMax = 256 << 20
)

// plainVideos are what the fixed files are made from: 0.6 s of ffmpeg's testsrc2 and sine in each form that is taken, made with -fflags +bitexact.
//
//go:embed testdata/*.*
var plainVideos embed.FS

// plains returns the plain videos, MP4 most of all.
func plains(t *testing.T) (all [][]byte) {
	t.Helper()
	for _, name := range []string{"plain.mp4", "plain.mp4", "plain.mp4", "fragmented.mp4", "plain.mkv", "plain.webm", "plain.flv", "plain.ts"} {
		b, err := plainVideos.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// lureBytes is how long a lure is, filled with zeros, so that the fixed files differ between runs in nothing else.
const lureBytes = 80

// lures returns what files may hold to have ffmpeg read a file or make a connection: in each of its spellings, where they would lead.
func lures(t *testing.T, address, secret string) (all [][lureBytes]byte) {
	t.Helper()
	for _, text := range []string{
		"file://" + secret, secret, "http://" + address + "/", "tcp://" + address, "udp://" + address, "rtmp://" + address + "/a/b", "hls+http://" + address + "/",
		"concat:" + secret, "subfile,,start,0,end,0,,:" + secret, "crypto:" + secret, "cache:http://" + address + "/", "data:,#EXTM3U%0Afile:" + secret, "#EXTM3U\n" + secret,
	} {
		var lure [lureBytes]byte
		if len(text) > lureBytes {
			t.Fatalf("%s is longer than a lure: let TMPDIR be a shorter one", text)
		}
		copy(lure[:], text)
		all = append(all, lure)
	}
	return all
}

// fixed returns one of the fixed files. Each has a seed of its own, and can be had without the others.
func fixed(n int, plain [][]byte, lures [][lureBytes]byte) []byte {
	chance := rand.New(rand.NewPCG(corpusFiles, uint64(n)))
	return mutate(chance, plain[chance.IntN(len(plain))], lures)
}

// The fixed files are the same in every run, on every machine.
func TestTheCorpusIsFixed(t *testing.T) {
	plain, standIns := plains(t), lures(t, "address", "secret")
	all := sha256.New()
	for n := range fixedFiles {
		media := fixed(n, plain, standIns)
		if bytes.Equal(media, fixed(n+1, plain, standIns)) {
			t.Errorf("%d and the next one are the same", n)
		}
		all.Write(media) // never fails
	}
	if is := hex.EncodeToString(all.Sum(nil)); is != fixedDigest {
		t.Errorf("the fixed files are others than they were: %s", is)
	}
}

// A real video of which bytes were changed, in every form: whatever comes of it, it comes to an end, in words or as a whole recording,
// and touches nothing else. `go test` tries a share of the fixed files, `make proof-uploads` all of them.
func TestHostileCorpus(t *testing.T) {
	t.Parallel()
	needFFmpeg(t)
	c := newCanary(t)
	plain, lures := plains(t), lures(t, c.address, c.secret)
	every := fixedShare
	if *whole {
		every = 1
	}
	tools := &caged{}
	ended := map[State]int{}
	before := memoryTaken()
	for n := 0; n < fixedFiles; n += every {
		r, _ := c.withstands(tools, fmt.Sprintf("fixed %d.mp4", n), fixed(n, plain, lures))
		ended[r.State]++
	}
	if grown := memoryTaken() - before; grown > takenMax {
		t.Errorf("the server has taken %d bytes of memory", grown)
	}
	t.Logf("of %d fixed files: %v", fixedFiles, ended)
	if ended[Refused] == 0 || ended[Ready] == 0 {
		t.Error("all ended alike: these mutations try nothing")
	}
}

// What would outlive its end is seen: a program that has a file below the directory open where an errand has its own.
func TestSurvivorsAreSeen(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), mediaFile))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() // nothing is in it
	cat := exec.Command("cat")
	cat.ExtraFiles = []*os.File{file}
	end, err := cat.StdinPipe()
	if err == nil {
		err = cat.Start()
	}
	if err != nil {
		t.Skip("no program can be started here:", err)
	}
	if found, want := holding(filepath.Dir(file.Name())), strconv.Itoa(cat.Process.Pid); len(found) != 1 || found[0] != want {
		t.Errorf("process %s is not among %v", want, found)
	}
	if err := errors.Join(end.Close(), cat.Wait()); err != nil {
		t.Error(err)
	}
	if found := holding(filepath.Dir(file.Name())); len(found) > 0 {
		t.Errorf("it has ended, and is among %v", found)
	}
}

// The same with files that nobody has tried before. What fails is left for whoever looks for the reason.
func TestMutatedFiles(t *testing.T) {
	t.Parallel()
	needFFmpeg(t)
	c := newCanary(t)
	plain, lures := plains(t), lures(t, c.address, c.secret)
	seed := uint64(time.Now().UnixNano())
	chance := rand.New(rand.NewPCG(seed, 0))
	tools := &caged{}
	for n := range drawnFiles {
		media := mutate(chance, plain[chance.IntN(len(plain))], lures)
		name := fmt.Sprintf("mutation-%d-%d", seed, n)
		if c.withstands(tools, name, media); t.Failed() {
			path := filepath.Join(os.TempDir(), name)
			t.Fatalf("left in %s: %v", path, os.WriteFile(path, media, 0o600))
		}
	}
}

// tables are boxes of MP4 that count, measure or point.
var tables = []string{
	"mvhd", "tkhd", "mdhd", "elst", "dref", "url ", "stsd", "avc1", "avcC", "mp4a", "esds", "stts", "ctts", "stss", "stsc", "stsz", "stco", "trex", "tfhd", "tfdt", "trun", "mdat", "moov",
}

// mutate changes some bytes of a file, mostly where its description is.
func mutate(chance *rand.Rand, media []byte, lures [][lureBytes]byte) []byte {
	b := bytes.Clone(media)
	from, to := 0, len(b)
	if at := bytes.Index(b, []byte("moov")); at >= 0 && chance.IntN(4) > 0 {
		from = at
	}
	for range 1 + chance.IntN(8) {
		at := from + chance.IntN(to-from)
		switch chance.IntN(7) {
		case 0:
			b[at] ^= 1 << chance.IntN(8)
		case 1:
			b[at] = []byte{0, 1, 0x7f, 0x80, 0xff}[chance.IntN(5)]
		case 2:
			for i := at; i < min(at+4, len(b)); i++ {
				b[i] = 0xff
			}
		case 3:
			copy(b[at:], lures[chance.IntN(len(lures))][:])
		case 4:
			if table := bytes.Index(b, []byte(tables[chance.IntN(len(tables))])); table >= 4 {
				at = table - 4 + 4*chance.IntN(6) // its size, its name, or what stands behind
			}
			exaggerate(b[min(at, len(b)):], chance)
		case 5:
			b = b[:max(at, 1)]
			from, to = min(from, len(b)-1), len(b)
		case 6: // twice what should be there once
			until := min(at+1+chance.IntN(200), len(b))
			b = append(b[:until:until], b[at:]...)
			to = len(b)
		}
	}
	return b
}

// exaggerate writes a number that no honest file has.
func exaggerate(b []byte, chance *rand.Rand) {
	number := []uint32{0, 1, 7, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff}[chance.IntN(7)]
	copy(b, binary.BigEndian.AppendUint32(nil, number))
}

// memoryTaken returns how many bytes of memory Go has from the system.
func memoryTaken() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Sys
}

package upload

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// canary is what no file may make anybody touch: a server that listens, and a secret that everybody may read.
type canary struct {
	t       *testing.T
	visits  atomic.Int64
	address string
	secret  string // its path
	words   []byte // in it
}

func newCanary(t *testing.T) *canary {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "canary") // t.TempDir is for its owner alone
	if err != nil {
		t.Fatal(err)
	}
	c := &canary{t: t, address: l.Addr().String(), secret: filepath.Join(dir, "secret.m3u8"), words: []byte("canary-7f3a9c-in-a-coal-mine")}
	err = os.Chmod(dir, 0o755)
	if err == nil {
		err = os.WriteFile(c.secret, bytes.Repeat(append([]byte("#EXTM3U\n"), c.words...), 100), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			visitor, err := l.Accept()
			if err != nil {
				return
			}
			c.visits.Add(1)
			_ = visitor.Close() // nobody talks with it
		}
	}()
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		<-ended
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return c
}

// untouched fails if anybody came, or if the secret is in what was made.
func (c *canary) untouched(press *shelf) {
	c.t.Helper()
	if n := c.visits.Load(); n > 0 {
		c.t.Errorf("%d connections were made", n)
	}
	for _, m := range press.sealed {
		for _, p := range m.parts {
			if bytes.Contains(p.Data, c.words) || bytes.Contains(p.Init, c.words) {
				c.t.Error("the secret is in a part")
			}
		}
	}
}

func box(kind string, inside ...[]byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(boxHead+len(bytes.Join(inside, nil))))
	return append(append(b, kind...), bytes.Join(inside, nil)...)
}

// Every file that is no video, or one that wants something else, is refused in words, and touches nothing.
func TestHostileFilesAreRefused(t *testing.T) {
	t.Parallel()
	needFFmpeg(t)
	c := newCanary(t)
	plain := ffmpeg(t, "plain.mp4", append(film("1", "160x90"), "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")...)
	mdat := bytes.Index(plain, []byte("mdat")) - 4
	moov := bytes.Index(plain, []byte("moov")) - 4
	url := "http://" + c.address + "/x.ts"
	ftyp := box("ftyp", []byte("isom\x00\x00\x02\x00isomiso2mp41"))
	repeated := func(b []byte, n int) []byte { return bytes.Repeat(b, n) }
	for name, h := range map[string]struct {
		media []byte
		says  string
	}{
		"hls.mp4":            {[]byte("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + url + "\n#EXTINF:1,\n" + c.secret + "\n#EXT-X-ENDLIST\n"), "playlist"},
		"hls with a mark":    {[]byte("\xef\xbb\xbf\r\n #EXTM3U\n#EXTINF:1,\nconcat:" + url + "|" + c.secret + "\n"), "playlist"},
		"concat.mp4":         {[]byte("ffconcat version 1.0\nfile '" + c.secret + "'\nfile '" + url + "'\n"), "playlist"},
		"concat plain":       {[]byte("file '" + c.secret + "'\n"), "playlist"},
		"dash.mp4":           {[]byte("<?xml version=\"1.0\"?><MPD><BaseURL>" + url + "</BaseURL></MPD>"), "text"},
		"bare dash":          {[]byte("<MPD><BaseURL>" + url + "</BaseURL></MPD>"), "playlist"},
		"svg.mp4":            {[]byte("<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"" + url + "\"/></svg>"), "text"},
		"svg behind xml":     {[]byte("<?xml version=\"1.0\"?><!DOCTYPE svg [<!ENTITY x SYSTEM \"file://" + c.secret + "\">]><svg>&x;</svg>"), "text"},
		"sdp.mp4":            {[]byte("v=0\r\no=- 0 0 IN IP4 " + c.address + "\r\nm=video 5004 RTP/AVP 96\r\n"), "playlist"},
		"page.mp4":           {[]byte("<!DOCTYPE html><img src=" + url + ">"), "text"},
		"zip.mp4":            {append([]byte("PK\x03\x04"), make([]byte, 100)...), "archive"},
		"gzip.mp4":           {append([]byte("\x1f\x8b\x08"), make([]byte, 100)...), "archive"},
		"picture.mp4":        {append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 100)...), "picture"},
		"song.mp4":           {append([]byte("ID3\x04"), make([]byte, 100)...), "sound"},
		"avi with subtitles": {append([]byte("RIFF\x00\x10\x00\x00AVI LIST"), []byte("GAB2\x00#EXTM3U\n"+url)...), "not taken"},
		"text.mp4":           {[]byte("this is my holiday video"), "not a video"},
		"zeros.mp4":          {make([]byte, 4096), "not a video"},
		"one byte":           {[]byte{0}, "not a video"},
		"a head alone":       {ftyp, "table of contents"},
		"half a head":        {plain[:6], "not a video"},
		"cut in the middle":  {plain[:mdat+100], "too early"},
		"no table":           {plain[:moov], "table of contents"},
		"a table cut":        {plain[:moov+40], "too early"},
		"a box of 2^63":      {append(ftyp[:len(ftyp):len(ftyp)], "\x00\x00\x00\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff"...), "too early"},
		"a box of 7":         {append(ftyp[:len(ftyp):len(ftyp)], "\x00\x00\x00\x07mdat"...), "table of contents"},
		"many boxes":         {append(ftyp[:len(ftyp):len(ftyp)], repeated(box("free"), boxesMax+1)...), "table of contents"},
		"two tables":         {append(plain[:len(plain):len(plain)], plain[moov:]...), "table of contents"},
		"a packed table":     {append(ftyp[:len(ftyp):len(ftyp)], box("moov", box("cmov", box("dcom", []byte("zlib")), box("cmvd", make([]byte, 64))))...), "table of contents"},
		"a reference":        {append(ftyp[:len(ftyp):len(ftyp)], box("moov", box("rmra", box("rmda", box("rdrf", []byte("\x00\x00\x00\x00url \x00\x00\x00\x40"+url)))))...), "table of contents"},
		"an empty table":     {append(ftyp[:len(ftyp):len(ftyp)], box("moov")...), ""},
		"a deep table":       {append(ftyp[:len(ftyp):len(ftyp)], nested(2000)...), ""},
		"a sound alone":      {ffmpeg(t, "a.mp4", "-f", "lavfi", "-i", "sine", "-t", "1", "-c:a", "aac"), "no picture"},
		"a cover":            {cover(t), "no picture"},
		"a wide picture":     {ffmpeg(t, "w.mp4", "-f", "lavfi", "-i", "color=s=16000x64", "-frames:v", "2", "-c:v", "libx264", "-preset", "ultrafast"), "8K"},
		"a false size":       {sized(t, plain, 65535, 65535), ""},
		"half a day and one": {ffmpeg(t, "l.mp4", "-f", "lavfi", "-i", "color=s=16x16:r=1/60", "-t", "46800", "-c:v", "libx264", "-preset", "ultrafast"), "lasts 13h"},
		"false times":        {long(t, plain), ""},
		"many samples":       {counted(t, plain, 0xfffffff0), ""},
		"matroska in name":   {append([]byte{0x1a, 0x45, 0xdf, 0xa3}, make([]byte, 2000)...), ""},
		"ts in name":         {repeated(append([]byte{tsSync, 0x40, 0, 0x10}, make([]byte, tsBytes-4)...), 50), ""},
		"flv in name":        {append([]byte("FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"), make([]byte, 500)...), ""},
		"an outside track":   {outside(t, plain, "file://"+c.secret), ""},
	} {
		press := newShelf()
		began := time.Now()
		r := worked(t, newInbox(t, &caged{}, press), "../../"+name, h.media)
		c.untouched(press)
		if r.State == Ready && h.says == "" { // ffmpeg made something of it: as good
			continue
		}
		if r.State != Refused || len(r.Why) < 20 || !strings.Contains(r.Why, h.says) {
			t.Errorf("%s: %s, %q, want %q", name, r.State, r.Why, h.says)
		}
		if press.open != 0 || len(press.sealed) != 0 || strings.ContainsAny(r.Title, "/.") {
			t.Errorf("%s: %d sheets open, %d sealed, title %q", name, press.open, len(press.sealed), r.Title)
		}
		if took := time.Since(began); took > probeWithin+stallMax {
			t.Errorf("%s took %v: nothing may hold the others up for longer", name, took)
		}
	}
}

func nested(deep int) []byte {
	b := box("free")
	for range deep {
		b = box("trak", b)
	}
	return box("moov", b)
}

func cover(t *testing.T) []byte {
	picture := ffmpeg(t, "c.png", "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1")
	path := filepath.Join(t.TempDir(), "c.png")
	if err := os.WriteFile(path, picture, 0o600); err != nil {
		t.Fatal(err)
	}
	return ffmpeg(t, "song.mp4", "-f", "lavfi", "-i", "sine", "-i", path, "-t", "1", "-map", "0", "-map", "1", "-c:a", "aac", "-c:v", "png", "-disposition:v:0", "attached_pic")
}

// patched changes what stands so many bytes behind a box's name.
func patched(t *testing.T, mp4 []byte, kind string, behind int, value ...byte) []byte {
	t.Helper()
	at := bytes.Index(mp4, []byte(kind))
	if at < 0 {
		t.Fatalf("no %s", kind)
	}
	b := bytes.Clone(mp4)
	copy(b[at+4+behind:], value)
	return b
}

func sized(t *testing.T, mp4 []byte, width, height uint16) []byte {
	size := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, width), height)
	return patched(t, mp4, "avc1\x00\x00\x00\x00", 20, size...) // where the first avc1 of stsd says it
}

// long has the first samples last 2^31 ticks each.
func long(t *testing.T, mp4 []byte) []byte {
	return patched(t, mp4, "stts", 12, 0x7f, 0xff, 0xff, 0xff)
}

// counted says that the first track has so many samples of one size.
func counted(t *testing.T, mp4 []byte, n uint32) []byte {
	return patched(t, mp4, "stsz", 4, binary.BigEndian.AppendUint32([]byte{0, 0, 0, 9}, n)...)
}

// outside has a track's media lie in another file.
func outside(t *testing.T, mp4 []byte, at string) []byte {
	url := bytes.Index(mp4, []byte("url "))
	if url < 0 {
		t.Fatal("no url box")
	}
	b := bytes.Clone(mp4)
	b[url+7] = 0 // not in this file
	return append(b, box("free", []byte(at))...)
}

// mutations is how many changed files one run tries: a minute. Each run draws others: -count=50 tries ten thousand.
const mutations = 200

// A real video of which bytes were changed, in every form: whatever comes of it, it comes to an end, in words or as a whole recording,
// and touches nothing else.
func TestMutatedFiles(t *testing.T) {
	t.Parallel()
	needFFmpeg(t)
	c := newCanary(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	x264 := []string{"-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-c:a", "aac"}
	tiny := append(film("0.6", "64x64"), x264...)
	forms := [][]byte{ffmpeg(t, "a.mp4", tiny...), ffmpeg(t, "a.mkv", tiny...), ffmpeg(t, "a.flv", append(tiny, "-ar", "44100")...), ffmpeg(t, "a.ts", tiny...)}
	tools := &caged{}
	ended := map[State]int{}
	for n := range mutations {
		which := chance.IntN(2 * len(forms))
		if which >= len(forms) { // MP4 most of all
			which = 0
		}
		media := mutate(chance, forms[which], c)
		press := newShelf()
		r := worked(t, newInbox(t, tools, press), "m.mp4", media)
		ended[r.State]++
		if r.State != Ready && r.State != Refused || r.State == Refused && len(r.Why) < 20 || press.open != 0 || len(press.sealed) > 1 {
			path := filepath.Join(os.TempDir(), fmt.Sprintf("mutation-%d-%d", seed, n))
			t.Errorf("mutation %d (left in %s: %v): %+v, %d sheets open", n, path, os.WriteFile(path, media, 0o600), r, press.open)
		}
		c.untouched(press)
	}
	t.Logf("%v", ended)
	if ended[Refused] == 0 {
		t.Error("nothing was refused: these mutations change nothing")
	}
}

// mutate changes some bytes of a file, mostly where its description is.
func mutate(chance *rand.Rand, media []byte, c *canary) []byte {
	b := bytes.Clone(media)
	from, to := 0, len(b)
	if at := bytes.Index(b, []byte("moov")); at >= 0 && chance.IntN(4) > 0 {
		from = at
	}
	for range 1 + chance.IntN(8) {
		at := from + chance.IntN(to-from)
		switch chance.IntN(6) {
		case 0:
			b[at] ^= 1 << chance.IntN(8)
		case 1:
			b[at] = []byte{0, 1, 0x7f, 0x80, 0xff}[chance.IntN(5)]
		case 2:
			for i := at; i < min(at+4, len(b)); i++ {
				b[i] = 0xff
			}
		case 3:
			copy(b[at:], "file://"+c.secret)
		case 4:
			copy(b[at:], "http://"+c.address+"/")
		case 5:
			b = b[:max(at, 1)]
			from, to = min(from, len(b)-1), len(b)
		}
	}
	return b
}

package upload

import (
	"bytes"
	"encoding/binary"
	"io/fs"
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
	err = os.Chmod(dir, 0o777) // whoever gets out may write here
	if err == nil {
		err = os.WriteFile(c.secret, c.text(), 0o644)
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

// text is what the secret's file holds: a playlist, as ffmpeg might follow one.
func (c *canary) text() []byte { return bytes.Repeat(append([]byte("#EXTM3U\n"), c.words...), 100) }

// withstands has a file worked on, and says how that ended and what was made. Whatever the file is, it must come to an end within bounds and in words
// or as a whole recording, leave neither a program nor a file behind, and touch nothing.
func (c *canary) withstands(tools Tools, name string, media []byte) (Report, *shelf) {
	c.t.Helper()
	press, dir, began := newShelf(), c.t.TempDir(), time.Now()
	r := worked(c.t, openInbox(c.t, dir, tools, press), name, media)
	if took := time.Since(began); took > probeWithin+stallMax {
		c.t.Errorf("%s took %v: nothing may hold the others up for longer", name, took)
	}
	if r.State != Ready && r.State != Refused || r.State == Refused && len(r.Why) < 20 || press.open != 0 || len(press.sealed) > 1 {
		c.t.Errorf("%s: %+v, %d sheets open, %d sealed", name, r, press.open, len(press.sealed))
	}
	err := filepath.WalkDir(dir, func(path string, found fs.DirEntry, err error) error {
		if err == nil && !found.IsDir() && found.Name() != aboutFile {
			c.t.Errorf("%s leaves %s behind", name, path)
		}
		return err
	})
	if err != nil {
		c.t.Error(err)
	}
	for _, program := range holding(dir) {
		c.t.Errorf("%s: process %s has outlived its end", name, program)
	}
	c.untouched(press)
	return r, press
}

// holding returns the numbers of the processes that have an errand's file below dir open. Where there is no /proc, or they are hidden, it finds none.
func holding(dir string) (processes []string) {
	open, err := filepath.Glob("/proc/[0-9]*/fd/3") // ladder.ErrandFile
	if err != nil {
		return nil
	}
	for _, link := range open {
		if file, err := os.Readlink(link); err == nil && strings.HasPrefix(file, dir) {
			processes = append(processes, strings.Split(link, "/")[2])
		}
	}
	return processes
}

// untouched fails if anybody came, if the secret is in what was made, or if it is not alone and as it was.
func (c *canary) untouched(press *shelf) {
	c.t.Helper()
	beside, err := os.ReadDir(filepath.Dir(c.secret))
	secret, unread := os.ReadFile(c.secret)
	if err != nil || unread != nil || len(beside) != 1 || !bytes.Equal(secret, c.text()) {
		c.t.Errorf("beside the secret of %d bytes stand %v: %v, %v", len(secret), beside, err, unread)
	}
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

// hostile is a file that somebody made on purpose, and a word of what he is told; none if ffmpeg may make something of it.
type hostile struct {
	media []byte
	says  string
}

// hostiles are by name the files that are no video, or one that wants something else.
func hostiles(t *testing.T, c *canary) map[string]hostile {
	t.Helper()
	plain := ffmpeg(t, "plain.mp4", append(film("1", "160x90"), "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")...)
	mdat := bytes.Index(plain, []byte("mdat")) - 4
	moov := bytes.Index(plain, []byte("moov")) - 4
	url := "http://" + c.address + "/x.ts"
	ftyp := box("ftyp", []byte("isom\x00\x00\x02\x00isomiso2mp41"))
	repeated := func(b []byte, n int) []byte { return bytes.Repeat(b, n) }
	return map[string]hostile{
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
	}
}

// Every file that is no video, or one that wants something else, is refused in words, and touches nothing.
func TestHostileFilesAreRefused(t *testing.T) {
	t.Parallel()
	needFFmpeg(t)
	c := newCanary(t)
	named := hostiles(t, c)
	if len(named)+fixedFiles != corpusFiles {
		t.Errorf("%d files are named and %d fixed: the corpus is to be of %d", len(named), fixedFiles, corpusFiles)
	}
	tools := &caged{}
	for name, h := range named {
		r, press := c.withstands(tools, "../../"+name, h.media)
		if r.State == Ready && h.says == "" { // ffmpeg made something of it: as good
			continue
		}
		if r.State != Refused || len(r.Why) < 20 || !strings.Contains(r.Why, h.says) {
			t.Errorf("%s: %s, %q, want %q", name, r.State, r.Why, h.says)
		}
		if len(press.sealed) != 0 || strings.ContainsAny(r.Title, "/.") {
			t.Errorf("%s: %d sealed, title %q", name, len(press.sealed), r.Title)
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

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"shoal/id"
	"shoal/manifest"
	"shoal/manifest/sign"
)

// madeFrom is where the numbers of parts begin that are made afterwards.
const madeFrom = 1 << 20

// records returns the signed records of a track from a seq on, checked as a viewer checks them, up to its end record.
func (r *recorded) records(epoch uint64, track int, from uint64, c manifest.Certificate, prev id.Digest) (all []*manifest.Part) {
	r.t.Helper()
	for seq := from; ; seq++ {
		record, status := r.get(fmt.Sprintf("/hls/demo/%d/%d/m%d", epoch, track, seq))
		p, err := sign.OpenPart(record, c)
		if status != http.StatusOK || err != nil || p.Prev != prev {
			r.t.Fatalf("record %d of track %d: status %d, %v, or it does not follow the one before", seq, track, status, err)
		}
		if prev = sha256.Sum256(record); p.End {
			return all
		}
		data, _ := r.get(fmt.Sprintf("/hls/demo/%d/%d/p%d.m4s", epoch, track, seq))
		for i, want := range p.Hashes {
			at := i * int(p.PieceSize)
			if len(data) != int(p.Length) || sha256.Sum256(data[at:at+p.PieceLength(i)]) != want {
				r.t.Fatalf("piece %d of part %d of track %d is not what was signed", i, seq, track)
			}
		}
		all = append(all, p)
	}
}

// A recording gets its smaller rungs when nothing is live: part for part beside the source, over a break of the publisher, signed for
// themselves. A kill in the middle leaves the recording as it was, and it begins anew; something live makes it wait. Its chapters
// stand in its file.
func TestRecordingsGetRungsAfterwards(t *testing.T) {
	r := newRecorded(t)
	settings := []string{"--ladder", "off", "--recording-ladder", "120p@150,96p@100", "--reconnect-window", "3s", "--download", "on"}
	r.serve(settings...)
	publisher := r.publish()
	r.until("ten seconds are published", func() bool { return r.newest(0) >= 20 })
	_ = publisher.Process.Kill() // it comes back
	publisher = r.publish()
	r.until("ten more are published", func() bool { l := r.list(); return len(l) == 1 && len(l[0].Chapters) == 2 && l[0].LastsS > 20 })
	dir := filepath.Join(r.data, recordingsDir, r.channel.String(), "1")
	if _, err := os.Stat(filepath.Join(dir, "rungs.new")); err == nil {
		t.Error("rungs are made while it is live")
	}
	_ = publisher.Process.Kill()

	r.until("the rungs are being made", func() bool { _, err := os.Stat(filepath.Join(dir, "rungs.new")); return err == nil })
	if err := r.server.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = r.server.Wait() // killed
	if _, err := os.Stat(filepath.Join(dir, "rungs.new")); err != nil {
		t.Log("it was done when it was killed")
	}
	master := func() int {
		b, _ := r.get("/hls/demo/1/master.m3u8")
		return strings.Count(string(b), "#EXT-X-STREAM-INF")
	}
	r.serve(settings...)
	n := master()
	if n != 1 && n != 3 {
		t.Errorf("after the kill %d qualities are listed: not all or nothing", n)
	}
	before, told := r.list()[0].Bytes, n == 3
	r.until("the recording has three qualities", func() bool {
		told = told || r.list()[0].Making != nil
		return master() == 3
	})
	if !told {
		t.Error("nobody was told of the progress")
	}
	if after := r.list()[0].Bytes; n == 1 && after <= before {
		t.Errorf("it takes %d bytes as before, and has two rungs more", after)
	}

	certs, _ := r.get("/hls/demo/1/cert")
	if len(certs) != 2*manifest.CertificateSize {
		t.Fatalf("%d bytes of certificates", len(certs))
	}
	broadcast, err := sign.OpenCertificate(certs[:manifest.CertificateSize], r.channel)
	if err != nil {
		t.Fatal(err)
	}
	later, err := sign.OpenCertificate(certs[manifest.CertificateSize:], r.channel)
	if err != nil || later.MinSeq != madeFrom || later.Epoch != 1 {
		t.Fatalf("the later certificate: %+v, %v", later, err)
	}
	source := r.records(1, 0, 0, broadcast, id.Digest{})
	for track := 2; track < 4; track++ {
		rung := r.records(1, track, madeFrom, later, sha256.Sum256(certs[manifest.CertificateSize:]))
		if len(rung) != len(source) {
			t.Fatalf("track %d has %d parts, the source %d", track, len(rung), len(source))
		}
		for i, p := range rung {
			if s := source[i]; p.MSN != s.MSN || p.Index != s.Index || p.WallMS != s.WallMS || p.StartUS != s.StartUS || p.DurationUS != s.DurationUS ||
				p.Discontinuity != s.Discontinuity || s.Independent && !p.Independent || p.Length >= s.Length {
				t.Fatalf("part %d of track %d is %+v beside the source's %+v", i, track, p, s)
			}
		}
	}
	var complaints bytes.Buffer
	decode := exec.Command("ffmpeg", "-loglevel", "error", "-i", "http://"+r.web+"/hls/demo/1/3.m3u8", "-f", "null", "-")
	decode.Stderr = &complaints
	if err := decode.Run(); err != nil || complaints.Len() > 0 {
		t.Errorf("ffmpeg does not play the smallest rung: %v %s", err, complaints.String())
	}
	r.chapters()
}

// chapters checks that the downloaded file names the two chapters of the recording.
func (r *recorded) chapters() {
	r.t.Helper()
	kept := r.list()[0]
	path := filepath.Join(r.t.TempDir(), "file.mp4")
	b, _ := r.get(kept.Download)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		r.t.Fatal(err)
	}
	out, err := exec.Command("ffprobe", "-loglevel", "error", "-show_chapters", "-of", "json", path).Output()
	if err != nil {
		r.t.Fatal(err)
	}
	var told struct {
		Chapters []struct {
			Start string            `json:"start_time"`
			Tags  map[string]string `json:"tags"`
		} `json:"chapters"`
	}
	if err := json.Unmarshal(out, &told); err != nil || len(told.Chapters) != 2 || told.Chapters[1].Tags["title"] != "Chapter 2" {
		r.t.Fatalf("ffprobe finds %s: %v", out, err)
	}
	var at float64
	if _, err := fmt.Sscan(told.Chapters[1].Start, &at); err != nil || at < kept.Chapters[1].AtS-0.5 || at > kept.Chapters[1].AtS+0.7 {
		r.t.Errorf("the second chapter begins at %v s in the file, at %v s in the recording", told.Chapters[1].Start, kept.Chapters[1].AtS)
	}
}

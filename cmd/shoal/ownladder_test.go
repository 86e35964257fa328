package main

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
)

// tag is a picture, a sound or a sequence header as FLV and RTMP have it.
type tag struct {
	track int           // of pictures; -1: sound
	at    time.Duration // of decoding
	key   bool
	body  []byte
}

const (
	flvSound, flvPicture = 8, 9
	flvHead              = 9 + 4
	tagHead, tagTail     = 11, 4
	avcHead              = 5 // of a picture's body, before the sequence header or the NAL units
)

// encoded has ffmpeg encode so many seconds, and returns the tags that it wrote. Pictures are shown from zero on, as OBS has it; without
// reordering they would be earlier than those that are reordered.
func encoded(t *testing.T, track, seconds int, arguments ...string) (all []tag) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "out.flv")
	out, err := exec.Command("ffmpeg", append(append([]string{"-v", "error"}, arguments...), "-t", fmt.Sprint(seconds), file)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	shift := time.Duration(-1)
	for b = b[flvHead:]; len(b) >= tagHead; {
		size := int(binary.BigEndian.Uint32(b) & 0xFFFFFF)
		at := time.Duration(int(b[7])<<24|int(b[4])<<16|int(b[5])<<8|int(b[6])) * time.Millisecond
		body := b[tagHead : tagHead+size]
		switch {
		case b[0] == flvPicture && len(body) > avcHead:
			key := body[0]>>4 == 1 && body[1] == 1
			if key && shift < 0 {
				shift = at + time.Duration(int(body[2])<<16|int(body[3])<<8|int(body[4]))*time.Millisecond
			}
			if body[1] < 2 {
				all = append(all, tag{track, at, key, body})
			}
		case b[0] == flvSound:
			all = append(all, tag{-1, at, false, body})
		}
		b = b[tagHead+size+tagTail:]
	}
	for i := range all {
		if all[i].body[1] == 0 { // sequence headers come before everything
			all[i].at = 0
			continue
		}
		all[i].at += time.Second - max(shift, 0)
	}
	return all
}

// enhanced is a multitrack message of Enhanced RTMP with these pictures, which have the same time: in the form of one track, or of many.
func enhanced(many bool, tags ...tag) []byte {
	const extended, multitrack = 0x80, 6
	kind := tags[0].body[0] >> 4 // key frame or not
	packet := byte(1)
	if tags[0].body[1] == 0 {
		packet = 0
	}
	body := []byte{extended | kind<<4 | multitrack, packet}
	if many {
		body[1] |= 1 << 4
	}
	body = append(body, "avc1"...)
	for _, t := range tags {
		data := t.body[avcHead:]
		if packet == 1 {
			data = t.body[2:] // with the composition time
		}
		body = append(body, byte(t.track))
		if many {
			body = append(body, byte(len(data)>>16), byte(len(data)>>8), byte(len(data)))
		}
		body = append(body, data...)
	}
	return body
}

// sendLadder publishes tags as fast as they are played until ctx is done or they are over: the first picture plainly and the others in messages
// of one track each, as OBS does, or all that have the same time in one message.
func sendLadder(ctx context.Context, address string, many bool, tags []tag) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	c := &gortmplib.Client{URL: u, Publish: true}
	if err := c.Initialize(ctx); err != nil {
		return err
	}
	defer c.Close()
	count := bytecounter.NewWriter(c.NetConn())
	w := rawmessage.NewWriter(count, count, false)
	w.SetChunkSize(65536) // what the client announced
	slices.SortStableFunc(tags, func(a, b tag) int { return cmp.Compare(a.at, b.at) })
	began := time.Now()
	for len(tags) > 0 && ctx.Err() == nil {
		first := tags[0]
		n := 1
		m := &rawmessage.Message{ChunkStreamID: 7, MessageStreamID: 0x1000000, Type: flvPicture, Timestamp: first.at, Body: first.body}
		switch {
		case first.track < 0:
			m.ChunkStreamID, m.Type = 4, flvSound
		case many:
			for n < len(tags) && tags[n].at == first.at && tags[n].track > 0 && tags[n].body[1] == first.body[1] && tags[n].key == first.key {
				n++
			}
			m.Body = enhanced(true, tags[:n]...)
		case first.track > 0:
			m.Body = enhanced(false, first)
		}
		time.Sleep(first.at - time.Second - time.Since(began))
		if err := w.Write(m); err != nil {
			return err
		}
		tags = tags[n:]
	}
	return ctx.Err()
}

// ladderPicture encodes one of a ladder.
func ladderPicture(t *testing.T, track, seconds, height, rate, keys, reorder int) []tag {
	t.Helper()
	return encoded(t, track, seconds, "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30", "-vf", fmt.Sprintf("fps=%d,scale=-2:%d", rate, height),
		"-c:v", "libx264", "-preset", "ultrafast", "-bf", fmt.Sprint(reorder), "-g", fmt.Sprint(keys), "-keyint_min", fmt.Sprint(keys), "-sc_threshold", "0",
		"-b:v", fmt.Sprintf("%dk", height*2), "-pix_fmt", "yuv420p")
}

// The publisher's own ladder over Enhanced RTMP, in both forms of multitrack, becomes the renditions of a broadcast: they line up part for part,
// decode, are shared by viewers and recorded; the picture that does not line up is left out, and no worker runs.
func TestOwnLadder(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not here; `make deps-test` installs it")
	}
	const seconds = 60
	tags := encoded(t, -1, seconds, "-f", "lavfi", "-i", "sine", "-c:a", "aac")
	for track, p := range []struct{ height, rate, keys, reorder int }{{360, 30, 60, 2}, {240, 30, 60, 2}, {144, 15, 30, 0}, {120, 30, 50, 2}} {
		tags = append(tags, ladderPicture(t, track, seconds, p.height, p.rate, p.keys, p.reorder)...)
	}
	for name, many := range map[string]bool{"one track": false, "many tracks": true} {
		t.Run(name, func(t *testing.T) { ownLadder(t, many, slices.Clone(tags)) })
	}
}

func ownLadder(t *testing.T, many bool, tags []tag) {
	s := quietSettings(t)
	s.Ladder = "auto"
	dir := t.TempDir()
	r := runHouse(t, dir, s)
	card := addChannel(t, dir, "reef")
	ctx, cancel := context.WithCancel(t.Context())
	sent := make(chan error, 1)
	go func() { sent <- sendLadder(ctx, card.RTMP+"/"+card.StreamKey, many, tags) }()
	site := "http://127.0.0.1:" + portOf(r.doors.http.Addr())
	hls := site + "/hls/reef/"
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	channel, err := r.channels.ByStreamKey(t.Context(), card.StreamKey)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the picture that does not line up is left out", func() bool {
		rungs := r.live.Health(channel.ID).Rungs
		return len(rungs) == 3 && rungs[2].LeftOut != "" && rungs[0].LeftOut+rungs[1].LeftOut == ""
	})
	master := get(t, hls+"master.m3u8")
	variants := variantLine.FindAllStringSubmatch(master, -1)
	if len(variants) != 3 || variants[0][1] != "640x360" || variants[1][1] != "426x240" || variants[2][1] != "256x144" {
		t.Fatalf("the multivariant playlist: %s", master)
	}
	sawAligned(t, hls, variants[:2], 3)
	for n, frames := range []int{60, 60, 30} {
		decodes(t, hls, variants[n][2], variants[n][1], frames)
	}
	if !many { // how a message came is all the same to viewers
		watchRungs(t, r, site+"/c/reef")
	}
	if metrics := get(t, site+"/metrics"); !strings.Contains(metrics, "shoal_ladder_workers_started_total 0") {
		t.Error("a worker was started beside the publisher's own ladder")
	}
	cancel()
	if err := <-sent; err != context.Canceled {
		t.Errorf("the publisher: %v", err)
	}
	recordedLadder(t, r, site)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if log := r.log.String(); strings.Count(log, "own ladder is left out") != 1 || !strings.Contains(log, "picture=4") {
		t.Errorf("the log says:\n%s", log)
	}
}

// recordedLadder plays each rung of the recording.
func recordedLadder(t *testing.T, r *running, site string) {
	t.Helper()
	var list []listed
	waitFor(t, "a recording", func() bool {
		return json.Unmarshal([]byte(get(t, site+"/api/v1/channels/reef/recordings")), &list) == nil && len(list) == 1
	})
	master := get(t, site+list[0].HLS)
	variants := variantLine.FindAllStringSubmatch(master, -1)
	if len(variants) != 3 {
		t.Fatalf("the recording's playlist: %s", master)
	}
	for _, v := range variants {
		address := site + strings.Replace(list[0].HLS, "master.m3u8", v[2], 1)
		out, err := exec.Command("ffmpeg", "-v", "error", "-live_start_index", "0", "-t", "6", "-i", address, "-f", "null", "-").CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("ffmpeg does not play %s of the recording: %v: %s", v[1], err, out)
		}
		size, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0", address).Output()
		if want := strings.ReplaceAll(v[1], "x", ","); err != nil || !strings.Contains(string(size), want) {
			t.Errorf("ffprobe sees %s in the recording, %v; want %s", size, err, want)
		}
	}
}

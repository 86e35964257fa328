package whip

import (
	"errors"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

// chromium is an offer as Chromium 156 makes it, shortened.
const chromium = "v=0\r\no=- 7 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=msid-semantic: WMS *\r\n" +
	"m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\nc=IN IP4 0.0.0.0\r\na=candidate:1 1 udp 2113937151 10.0.0.7 50000 typ host\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n" +
	"a=fingerprint:sha-256 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00\r\na=setup:actpass\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\n" +
	"a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\na=ssrc:1 cname:x\r\n" +
	"m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n" +
	"a=fingerprint:sha-256 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00\r\na=setup:actpass\r\na=mid:1\r\na=sendonly\r\na=rtcp-mux\r\n" +
	"a=rtpmap:96 H264/90000\r\na=rtcp-fb:96 nack pli\r\na=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n" +
	"a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:98 VP8/90000\r\na=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\na=ssrc-group:FID 2 3\r\na=ssrc:2 cname:x\r\na=ssrc:3 cname:x\r\n"

func TestWhatAnOfferAsksFor(t *testing.T) {
	w, err := readOffer([]byte(chromium))
	if err != nil {
		t.Fatal(err)
	}
	if w.wanted != [2]bool{true, true} || w.ufrag != "abcd" || strings.Contains(w.text, "10.0.0.7") {
		t.Errorf("%+v", w)
	}
	want := []format{{sound, 111, false, "minptime=10;useinbandfec=1"},
		{picture, 96, false, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"}, {picture, 97, true, "apt=96"}}
	for n, f := range w.formats {
		if len(w.formats) != len(want) || f != want[n] {
			t.Fatalf("the formats are %+v", w.formats)
		}
	}
	for name, change := range map[string][2]string{
		"a data channel":   {"m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"},
		"sound in G.711":   {"opus/48000/2", "PCMU/8000"},
		"only VP8":         {"H264/90000", "AV1/90000"},
		"nothing is sent":  {"a=sendonly", "a=recvonly"},
		"no credentials":   {"a=ice-ufrag", "a=x-ufrag"},
		"two of a kind":    {"m=audio 9", "m=video 9"},
		"it is no SDP":     {"v=0\r\n", "{}"},
		"no media section": {"m=", "x="},
	} {
		if _, err := readOffer([]byte(strings.ReplaceAll(chromium, change[0], change[1]))); !errors.Is(err, ErrMedia) && !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := anyLevel(want[1].fmtp); got != "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e034" {
		t.Error(got)
	}
}

func TestAnswersTellOurAddressAlone(t *testing.T) {
	door := &channelDoor{}
	s, _ := serve(t, door)
	answer, err := s.Offer(t.Context(), Offer{Name: testName, Key: testKey, From: home, SDP: []byte(chromium)})
	if err != nil {
		t.Fatal(err)
	}
	text := string(answer.SDP)
	if strings.Count(text, "a=candidate:") != 1 || !strings.Contains(text, " 127.0.0.1 ") || !strings.Contains(text, "a=ice-lite") {
		t.Error(text)
	}
	for _, want := range []string{"a=rtpmap:96 H264/90000", "a=rtpmap:97 rtx/90000", "a=rtcp-fb:96 nack pli", "a=rtpmap:111 opus/48000/2", "stereo=1", "profile-level-id=42e034", "a=recvonly"} {
		if !strings.Contains(text, want) {
			t.Errorf("the answer has no %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "VP8") {
		t.Error("it takes VP8")
	}
}

func TestAConnectionBeginsAnew(t *testing.T) {
	t.Parallel()
	door := &channelDoor{}
	s, _ := serve(t, door)
	p := newPublisher(t, webrtc.MimeTypeH264, true)
	if err := p.begin(s, testKey); err != nil {
		t.Fatal(err)
	}
	p.play()
	sink := door.recorded()
	until(t, "it is on air", func() bool { return len(sink.of(0)) > 0 })

	fragment := func(sdp string) []byte {
		var b strings.Builder
		for line := range strings.SplitSeq(sdp, "\r\n") {
			if strings.HasPrefix(line, "a=ice-ufrag") || strings.HasPrefix(line, "a=ice-pwd") || strings.HasPrefix(line, "a=candidate") || strings.HasPrefix(line, "m=") {
				b.WriteString(line + "\r\n")
			}
		}
		return []byte(b.String())
	}
	same := fragment(p.peer.LocalDescription().SDP)
	if again, _, err := s.Patch(p.session, testKey, p.version, same); err != nil || again != nil {
		t.Errorf("candidates are answered with %q, %v", again, err)
	}
	if _, _, err := s.Patch(p.session, testKey, `"other"`, same); !errors.Is(err, ErrVersion) {
		t.Errorf("another version: %v", err)
	}
	if _, _, err := s.Patch(p.session, "wrong", p.version, same); !errors.Is(err, ErrKey) {
		t.Errorf("a wrong key: %v", err)
	}
	if _, _, err := s.Patch(p.session, testKey, Any, []byte("x")); !errors.Is(err, ErrMalformed) {
		t.Errorf("nonsense: %v", err)
	}

	before := p.peer.RemoteDescription().SDP
	again, version, err := s.Patch(p.session, testKey, Any, fragment(p.offer(&webrtc.OfferOptions{ICERestart: true})))
	if err != nil || version == p.version {
		t.Fatal(version, err)
	}
	theirs, err := readFragment(again)
	if err != nil {
		t.Fatal(err)
	}
	var next strings.Builder
	for line := range strings.SplitSeq(strings.TrimSuffix(before, "\r\n"), "\r\n") {
		switch {
		case strings.HasPrefix(line, "a=ice-ufrag:"):
			line = "a=ice-ufrag:" + theirs.ufrag
		case strings.HasPrefix(line, "a=ice-pwd:"):
			line = "a=ice-pwd:" + theirs.pwd
		}
		next.WriteString(line + "\r\n")
	}
	if err := p.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: next.String()}); err != nil {
		t.Fatal(err)
	}
	heard := len(sink.of(1))
	until(t, "media goes on", func() bool { return len(sink.of(1)) > heard+50 })
	if len(door.leaves()) != 0 {
		t.Errorf("it left: %v", door.leaves())
	}
}

func FuzzOffer(f *testing.F) {
	f.Add([]byte(chromium))
	f.Add([]byte(strings.ReplaceAll(chromium, "H264", "VP9")))
	f.Fuzz(func(t *testing.T, text []byte) {
		w, err := readOffer(text)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrMedia) {
				t.Fatal(err)
			}
			return
		}
		if len(w.formats) == 0 || len(w.formats) > formatsMax || w.ufrag == "" || strings.Contains(w.text, "\na=candidate:") {
			t.Fatalf("%+v", w)
		}
		if _, err := readOffer([]byte(w.text)); err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		if _, err := w.restarted(fragment{"ufrag", "pwd"}); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzFragment(f *testing.F) {
	f.Add([]byte("a=ice-ufrag:abcd\r\na=ice-pwd:efgh\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := readFragment(text)
		if err == nil && (!credential(got.ufrag) || !credential(got.pwd) || strings.ContainsAny(got.ufrag+got.pwd, "\r\n ")) {
			t.Fatalf("%+v", got)
		}
	})
}

package signal

import (
	"strings"
	"testing"
)

const print256 = "sha-256 6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08"

func lines(l ...string) string { return strings.Join(l, "\r\n") + "\r\n" }

var chromium = lines(
	"v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0", "a=extmap-allow-mixed", "a=msid-semantic: WMS",
	"m=application 46154 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 8.8.4.4",
	"a=candidate:1 1 udp 2113937151 "+masked+" 46154 typ host generation 0 network-cost 999",
	"a=candidate:2 1 udp 1677729535 8.8.4.4 46154 typ srflx raddr 10.0.0.7 rport 46154 generation 0",
	"a=candidate:3 1 udp 1677729535 1.2.3.4 46154 typ srflx raddr 10.0.0.7 rport 46154 generation 0",
	"a=candidate:4 1 tcp 1518214911 "+masked+" 9 typ host tcptype active generation 0",
	"a=ice-ufrag:ETEn", "a=ice-pwd:OtSK0WpNtpUjkY4+86js7ZQl", "a=ice-options:trickle", "a=fingerprint:"+print256, "a=setup:actpass", "a=mid:0",
	"a=sctp-port:5000", "a=max-message-size:262144",
)

var firefox = lines(
	"v=0", "o=mozilla...THIS_IS_SDPARTA-153.0 4294967296 0 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=fingerprint:"+print256, "a=group:BUNDLE 0",
	"a=ice-options:trickle", "a=msid-semantic:WMS *", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=sendrecv",
	"a=ice-pwd:3a6a9e7b8f6f4e5d9c0b1a2f3e4d5c6b", "a=ice-ufrag:1a2b3c4d", "a=mid:0", "a=setup:actpass", "a=sctp-port:5000", "a=max-message-size:1073741823",
)

var pion = lines(
	"v=0", "o=- 6548917423456123456 1760000000 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=msid-semantic:WMS*", "a=fingerprint:"+print256, "a=extmap-allow-mixed",
	"a=group:BUNDLE 0", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=setup:active", "a=mid:0", "a=sendrecv",
	"a=sctp-port:5000", "a=max-message-size:1073741823", "a=ice-ufrag:abcdEFGHijklMNOP", "a=ice-pwd:abcdefghijklmnopqrstuvwxyzABCDEF",
	"a=candidate:1 1 udp 2130706431 8.8.4.4 40000 typ host ufrag abcdEFGHijklMNOP", "a=end-of-candidates",
)

func TestDescriptionsOfHonestViewers(t *testing.T) {
	want := lines(
		"v=0", "o=- 4611731400430051336 2 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE 0",
		"m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0",
		"a=candidate:1 1 udp 2113937151 "+masked+" 46154 typ host",
		"a=candidate:2 1 udp 1677729535 8.8.4.4 46154 typ srflx raddr 0.0.0.0 rport 0",
		"a=ice-ufrag:ETEn", "a=ice-pwd:OtSK0WpNtpUjkY4+86js7ZQl", "a=ice-options:trickle", "a=fingerprint:"+print256, "a=setup:actpass", "a=mid:0",
		"a=sctp-port:5000", "a=max-message-size:262144",
	)
	got, used, v := far.Describe(chromium, CandidatesMax)
	if v != Carried || used != 2 || got != want {
		t.Errorf("verdict %d, %d candidates, carried\n%s", v, used, got)
	}
	for name, sdp := range map[string]string{"firefox": firefox, "pion": pion} {
		got, _, v := far.Describe(sdp, CandidatesMax)
		if v != Carried {
			t.Errorf("%s: verdict %d", name, v)
		}
		if strings.Contains(got, "mozilla") {
			t.Errorf("%s: the browser's name is carried", name)
		}
	}
}

func TestDescriptionBudget(t *testing.T) {
	if got, used, v := far.Describe(chromium, 1); v != Carried || used != 1 || strings.Count(got, "a=candidate") != 1 {
		t.Errorf("verdict %d, %d candidates of a budget of 1", v, used)
	}
	if _, used, v := far.Describe(chromium, 0); v != Carried || used != 0 {
		t.Errorf("verdict %d, %d candidates of a budget of 0", v, used)
	}
}

func TestHostileDescriptions(t *testing.T) {
	swap := func(old, new string) string {
		out := strings.Replace(chromium, old, new, 1)
		if out == chromium {
			t.Fatalf("%q is not in the sample", old)
		}
		return out
	}
	for name, sdp := range map[string]string{
		"empty":              "",
		"words":              "hello",
		"no version":         strings.TrimPrefix(chromium, "v=0\r\n"),
		"no fingerprint":     swap("a=fingerprint:"+print256+"\r\n", ""),
		"weak fingerprint":   swap("a=fingerprint:sha-256", "a=fingerprint:sha-1"),
		"short fingerprint":  swap(":19:08", ""),
		"bad fingerprint":    swap(":19:08", ":19:0g"),
		"no password":        swap("a=ice-pwd:OtSK0WpNtpUjkY4+86js7ZQl\r\n", ""),
		"short password":     swap("OtSK0WpNtpUjkY4+86js7ZQl", "short"),
		"password with gap":  swap("OtSK0WpNtpUjkY4+86js7ZQl", "OtSK0WpNtpUjkY4 86js7ZQl"),
		"second password":    chromium + "a=ice-pwd:OtSK0WpNtpUjkY4+86js7ZQl\r\n",
		"no setup":           swap("a=setup:actpass\r\n", ""),
		"holdconn":           swap("actpass", "holdconn"),
		"video":              swap("m=application 46154 UDP/DTLS/SCTP webrtc-datachannel", "m=video 9 UDP/TLS/RTP/SAVPF 96"),
		"video besides":      chromium + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
		"two data sections":  chromium + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
		"plain SCTP":         swap("UDP/DTLS/SCTP", "SCTP"),
		"rejected section":   swap("m=application 46154", "m=application 0"),
		"no section":         chromium[:strings.Index(chromium, "m=application")],
		"control character":  swap("a=mid:0", "a=mid:0\x00"),
		"lone CR":            swap("a=mid:0", "a=mid:0\ra=candidate:1 1 udp 1 1.2.3.4 4000 typ srflx"),
		"no value":           swap("a=mid:0", "mid"),
		"blank line":         swap("a=mid:0\r\n", "\r\n"),
		"candidate outside":  swap("a=group:BUNDLE 0", "a=candidate:1 1 udp 1 8.8.4.4 4000 typ srflx"),
		"strange bundle":     swap("BUNDLE 0", "BUNDLE 0 1 2"),
		"origin with more":   swap("IN IP4 127.0.0.1", "IN IP4 127.0.0.1 x"),
		"long line":          chromium + "a=x:" + strings.Repeat("y", lineMax) + "\r\n",
		"many lines":         chromium + strings.Repeat("a=x\r\n", linesMax),
		"long":               chromium + strings.Repeat("a=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n", SDPMax/70),
		"many fingerprints":  chromium + strings.Repeat("a=fingerprint:"+print256+"\r\n", fingerprintsMax),
		"message size words": swap("262144", "many"),
	} {
		if got, used, v := far.Describe(sdp, CandidatesMax); v == Carried || got != "" || used != 0 {
			t.Errorf("%s: verdict %d, carried %d bytes, %d candidates", name, v, len(got), used)
		}
	}
}

// Whatever passes is one data-channel section with a fingerprint and no address but those the path allows, and passes again unchanged.
func FuzzDescribe(f *testing.F) {
	f.Add(chromium)
	f.Add(firefox)
	f.Add(pion)
	f.Add(strings.ReplaceAll(chromium, "\r\n", "\n"))
	f.Fuzz(func(t *testing.T, sdp string) {
		got, used, v := far.Describe(sdp, CandidatesMax)
		if v != Carried {
			return
		}
		if strings.Count(got, "\r\nm=") != 1 || !strings.Contains(got, "\r\na=fingerprint:sha-256 ") || used > CandidatesMax ||
			strings.Count(got, "a=candidate:") != used {
			t.Fatalf("carried %q", got)
		}
		for line := range strings.SplitSeq(got, "\r\n") {
			if c, ok := strings.CutPrefix(line, "a=candidate:"); ok {
				if _, v := far.Filter(c); v != Carried {
					t.Fatalf("carried %q", line)
				}
			}
		}
		if again, _, v := far.Describe(got, CandidatesMax); v != Carried || again != got {
			t.Fatalf("not stable: %q became %q (%d)", got, again, v)
		}
	})
}

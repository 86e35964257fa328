package whip

import (
	"fmt"
	"strings"

	"github.com/pion/sdp/v3"
)

const (
	// FragmentMax is how many bytes a fragment may have.
	FragmentMax = 16 << 10
	linesMax    = 256
)

// fragment is what a publisher says of its side of the connection (RFC 8840): here only whose it is matters, for its
// candidates are not used.
type fragment struct{ ufrag, pwd string }

// readFragment reads an SDP fragment.
func readFragment(text []byte) (f fragment, err error) {
	wrong := fmt.Errorf("%w: the body is not an SDP fragment with ICE credentials", ErrMalformed)
	lines := strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
	if len(text) > FragmentMax || len(lines) > linesMax {
		return f, wrong
	}
	for _, line := range lines {
		if line == "" {
			continue
		}
		if len(line) < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z' {
			return f, wrong
		}
		if ufrag, ok := strings.CutPrefix(line, "a=ice-ufrag:"); ok && f.ufrag == "" {
			f.ufrag = ufrag
		}
		if pwd, ok := strings.CutPrefix(line, "a=ice-pwd:"); ok && f.pwd == "" {
			f.pwd = pwd
		}
	}
	if !credential(f.ufrag) || !credential(f.pwd) || strings.ContainsAny(f.ufrag+f.pwd, " \t\r") {
		return f, wrong
	}
	return f, nil
}

// restarted is the offer with other credentials, and the number of its version one higher.
func (w wish) restarted(f fragment) (string, error) {
	var offer sdp.SessionDescription
	if err := offer.Unmarshal([]byte(w.text)); err != nil {
		return "", fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	offer.Origin.SessionVersion++
	swap := func(all []sdp.Attribute) {
		for i := range all {
			switch all[i].Key {
			case "ice-ufrag":
				all[i].Value = f.ufrag
			case "ice-pwd":
				all[i].Value = f.pwd
			}
		}
	}
	swap(offer.Attributes)
	for _, m := range offer.MediaDescriptions {
		swap(m.Attributes)
	}
	text, err := offer.Marshal()
	return string(text), err
}

// answerFragment is what a publisher is told of our side after a restart.
func answerFragment(answer string) ([]byte, error) {
	var whole sdp.SessionDescription
	if err := whole.Unmarshal([]byte(answer)); err != nil || len(whole.MediaDescriptions) == 0 {
		return nil, fmt.Errorf("an answer of ours cannot be read: %w", err)
	}
	m := whole.MediaDescriptions[0]
	mid, _ := m.Attribute("mid")
	ufrag, _ := m.Attribute("ice-ufrag")
	pwd, _ := m.Attribute("ice-pwd")
	var b strings.Builder
	fmt.Fprintf(&b, "a=ice-lite\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\nm=%s 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:%s\r\n", ufrag, pwd, m.MediaName.Media, mid)
	for _, a := range m.Attributes {
		if a.Key == "candidate" {
			fmt.Fprintf(&b, "a=candidate:%s\r\n", a.Value)
		}
	}
	b.WriteString("a=end-of-candidates\r\n")
	return []byte(b.String()), nil
}

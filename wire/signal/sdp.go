package signal

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// Limits on a session description.
const (
	linesMax        = 96
	lineMax         = 640 // the longest line kept is a candidate
	fingerprintsMax = 4
	ufragMax        = 256
	pwdMin          = 22
	pwdMax          = 256
)

// Describe judges an offer or answer and returns what to carry in its stead: one data-channel section, made only of the lines
// that are understood, and of its candidates those that pass Filter, at most budget of them. used is how many there are.
// A refused candidate is left out; anything else that is wrong refuses the whole.
func (p Path) Describe(sdp string, budget int) (clean string, used int, v Verdict) {
	if len(sdp) > SDPMax {
		return "", 0, Unreadable
	}
	d := description{path: p, budget: budget}
	for n, rest := 0, sdp; rest != ""; n++ {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		line = strings.TrimSuffix(line, "\r")
		if n == linesMax || len(line) > lineMax || !isPrintable(line) {
			return "", 0, Unreadable
		}
		if !d.read(line, n) {
			return "", 0, Unreadable
		}
	}
	if d.media != 1 || d.fingerprints == 0 || !d.ufrag || !d.pwd || !d.setup {
		return "", 0, Unreadable
	}
	return d.out.String(), d.used, Carried
}

type description struct {
	path               Path
	out                strings.Builder
	budget, used       int
	media              int
	fingerprints       int
	ufrag, pwd, setup  bool
	origin, mid, group bool
}

func (d *description) keep(line string) bool {
	d.out.WriteString(line + "\r\n")
	return true
}

// read takes one line. It returns false for a line that refuses the whole description.
func (d *description) read(line string, n int) bool {
	if n == 0 {
		return line == "v=0" && d.keep(line)
	}
	kind, value, ok := strings.Cut(line, "=")
	if !ok || len(kind) != 1 {
		return false
	}
	switch kind {
	case "o":
		return d.readOrigin(value)
	case "s", "t":
		if d.media > 0 || !d.origin {
			return false
		}
		if kind == "s" {
			return d.keep("s=-")
		}
		return d.keep("t=0 0")
	case "m":
		return d.readMedia(value)
	case "a":
		return d.readAttribute(value)
	}
	return true // c=, b= and what else exists: not needed, so not carried
}

// readOrigin keeps the numbers only: the rest tells the browser and, in some, an address.
func (d *description) readOrigin(value string) bool {
	w := strings.Split(value, " ")
	if d.origin || len(w) != 6 || !isDigits(w[1]) || !isDigits(w[2]) || len(w[1]) > 20 || len(w[2]) > 20 {
		return false
	}
	d.origin = true
	return d.keep("o=- " + w[1] + " " + w[2] + " IN IP4 0.0.0.0")
}

// readMedia accepts the one section that carries data channels. Its port is the default candidate's, so it is not carried.
func (d *description) readMedia(value string) bool {
	w := strings.Split(value, " ")
	if !d.origin || len(w) != 4 || w[0] != "application" || !isDigits(w[1]) || w[1] == "0" || w[3] != "webrtc-datachannel" {
		return false
	}
	if w[2] != "UDP/DTLS/SCTP" && w[2] != "DTLS/SCTP" {
		return false
	}
	d.media++
	return d.media == 1 && d.keep("m=application 9 "+w[2]+" webrtc-datachannel") && d.keep("c=IN IP4 0.0.0.0")
}

func (d *description) readAttribute(attribute string) bool {
	name, value, _ := strings.Cut(attribute, ":")
	line := "a=" + attribute
	switch name {
	case "candidate":
		return d.readCandidate(attribute)
	case "fingerprint":
		return d.readFingerprint(value)
	case "ice-ufrag":
		ok := !d.ufrag && isICE(value) && len(value) >= 4 && len(value) <= ufragMax
		d.ufrag = true
		return ok && d.keep(line)
	case "ice-pwd":
		ok := !d.pwd && isICE(value) && len(value) >= pwdMin && len(value) <= pwdMax
		d.pwd = true
		return ok && d.keep(line)
	case "setup":
		ok := !d.setup && (value == "actpass" || value == "active" || value == "passive")
		d.setup = true
		return ok && d.keep(line)
	case "mid":
		ok := !d.mid && d.media == 1 && isToken(value) && len(value) <= midMax
		d.mid = true
		return ok && d.keep(line)
	case "group":
		mid, ok := strings.CutPrefix(value, "BUNDLE ")
		ok = ok && !d.group && d.media == 0 && isToken(mid) && len(mid) <= midMax
		d.group = true
		return ok && d.keep(line)
	case "sctp-port", "max-message-size":
		n, err := strconv.ParseUint(value, 10, 32)
		return d.media == 1 && err == nil && d.keep("a="+name+":"+strconv.FormatUint(n, 10))
	case "ice-options":
		if strings.Contains(" "+value+" ", " trickle ") {
			return d.keep("a=ice-options:trickle")
		}
	case "end-of-candidates":
		return d.media == 1 && value == "" && d.keep(line)
	}
	return true
}

func (d *description) readCandidate(attribute string) bool {
	if d.media != 1 {
		return false
	}
	line, v := d.path.Filter(attribute)
	if v != Carried || d.used >= d.budget {
		return true
	}
	d.used++
	return d.keep("a=" + line)
}

// readFingerprint accepts SHA-256 only. Others are left out: weaker ones must not be what a receiver checks.
func (d *description) readFingerprint(value string) bool {
	algorithm, digest, _ := strings.Cut(value, " ")
	if !strings.EqualFold(algorithm, "sha-256") {
		return true
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(digest, ":", ""))
	const size = 32
	if err != nil || len(raw) != size || len(digest) != 3*size-1 || d.fingerprints == fingerprintsMax {
		return false
	}
	d.fingerprints++
	return d.keep("a=fingerprint:sha-256 " + strings.ToUpper(digest))
}

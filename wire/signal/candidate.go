package signal

import (
	"net/netip"
	"strconv"
	"strings"
)

// Path is what the tracker knows about the two viewers between whom something is carried. All of it is what the server
// itself saw; nothing comes from the viewers' words.
type Path struct {
	// Seen holds the addresses that the sender's session was seen to come from: its request, its WebSocket, its STUN.
	Seen []netip.Addr
	// SameHome is set when both sessions come from one address: then private addresses mean the same network to both.
	SameHome bool
	// SameHost is set when both sessions come from the server's own machine: then loopback means the same to both.
	SameHost bool
	// Relays holds the addresses of our TURN server.
	Relays []netip.Addr
}

// Verdict says why a candidate or description is carried or not.
type Verdict uint8

// The verdicts. Only Carried lets anything through.
const (
	Carried    Verdict = 0
	Unreadable Verdict = 1 // not of the form that RFC 8839 gives
	Transport  Verdict = 2 // not UDP
	LowPort    Verdict = 3 // below 1024: services of others
	Address    Verdict = 4 // malformed, embedded, or in a range that nobody may name
	Stranger   Verdict = 5 // an address that the server did not see
	Type       Verdict = 6 // a candidate type that is not told in advance
	TooMany    Verdict = 7 // the pair's budget is spent
)

// portMin keeps candidates away from other people's services, whose ports are below it.
const portMin = 1024

// extensionsMax bounds the pairs of words after a candidate's type.
const extensionsMax = 12

// candidateLine holds the fields of an RFC 8839 candidate that are understood, and so may be carried.
type candidateLine struct {
	foundation string
	component  string
	priority   string
	host       string
	port       int
	kind       string
	ufrag      string
}

// Filter judges one candidate line, with or without its "candidate:" in front, and returns what to carry in its stead:
// only the fields that are understood, without the sender's inner address. Nothing is carried unless the verdict is Carried.
func (p Path) Filter(line string) (string, Verdict) {
	c, v := parseCandidate(line)
	if v != Carried {
		return "", v
	}
	v = p.judge(&c)
	if v != Carried {
		return "", v
	}
	return c.String(), Carried
}

func (p Path) judge(c *candidateLine) Verdict {
	if c.kind == "host" && isMasked(c.host) {
		return Carried
	}
	addr, ok := parseAddress(c.host)
	if !ok {
		return Address
	}
	c.host = addr.String()
	switch c.kind {
	case "host":
		if p.sees(addr) || p.SameHost && addr.IsLoopback() || p.SameHome && addr.IsPrivate() {
			return Carried
		}
	case "srflx":
		if p.sees(addr) {
			return Carried
		}
	case "relay":
		if holds(p.Relays, addr) {
			return Carried
		}
	default: // prflx is found by the checks themselves and never told in advance
		return Type
	}
	return Stranger
}

// sees reports whether the sender was seen at addr. Loopback is left to SameHost: to the receiver it would be another machine.
func (p Path) sees(addr netip.Addr) bool { return !addr.IsLoopback() && holds(p.Seen, addr) }

func holds(list []netip.Addr, addr netip.Addr) bool {
	for _, a := range list {
		if a.IsValid() && a.Unmap().WithZone("") == addr {
			return true
		}
	}
	return false
}

func parseCandidate(line string) (candidateLine, Verdict) {
	var c candidateLine
	if len(line) > CandidateMax || !isPrintable(line) {
		return c, Unreadable
	}
	line = strings.TrimPrefix(strings.TrimPrefix(line, "a="), "candidate:")
	w := strings.Split(line, " ")
	const least = 8 // foundation component transport priority address port "typ" type
	if len(w) < least || len(w) > least+2*extensionsMax || len(w)%2 != 0 || w[6] != "typ" {
		return c, Unreadable
	}
	c = candidateLine{foundation: w[0], component: w[1], priority: w[3], host: w[4], kind: w[7]}
	priority, err := strconv.ParseUint(c.priority, 10, 32)
	if !isICE(c.foundation) || len(c.foundation) > 32 || c.component != "1" || err != nil || priority == 0 {
		return c, Unreadable
	}
	c.priority = strconv.FormatUint(priority, 10)
	if !strings.EqualFold(w[2], "udp") {
		return c, Transport
	}
	port, err := strconv.ParseUint(w[5], 10, 16)
	if err != nil || !isDigits(w[5]) {
		return c, Unreadable
	}
	if port < portMin {
		return c, LowPort
	}
	c.port = int(port)
	for i := least; i < len(w); i += 2 {
		switch w[i] {
		case "":
			return c, Unreadable
		case "tcptype":
			return c, Transport
		case "ufrag":
			if !isICE(w[i+1]) || c.ufrag != "" || len(w[i+1]) > ufragMax {
				return c, Unreadable
			}
			c.ufrag = w[i+1]
		}
	}
	return c, Carried
}

// String writes the candidate without raddr and rport as they came: they are the sender's inner address.
func (c candidateLine) String() string {
	var b strings.Builder
	b.WriteString("candidate:" + c.foundation + " " + c.component + " udp " + c.priority + " " + c.host + " " +
		strconv.Itoa(c.port) + " typ " + c.kind)
	if c.kind != "host" {
		nowhere := "0.0.0.0"
		if strings.Contains(c.host, ":") {
			nowhere = "::"
		}
		b.WriteString(" raddr " + nowhere + " rport 0")
	}
	if c.ufrag != "" {
		b.WriteString(" ufrag " + c.ufrag)
	}
	return b.String()
}

// isMasked reports whether host is a name as browsers make them up to hide a local address: a UUID under .local. Other
// .local names are those of printers and shelves, which a receiver must not be made to call.
func isMasked(host string) bool {
	name, ok := strings.CutSuffix(host, ".local")
	if !ok || len(name) != 36 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
				return false
			}
		}
	}
	return true
}

func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

package sim

// nat is what stands between a viewer and the internet.
type nat uint8

const (
	cone       nat = iota // whoever knows the address gets in, or whoever was written to from behind it
	restricted            // only from the very port that was written to
	symmetric             // every peer sees another port, so only who takes any port gets in
	blocked               // no UDP at all
)

var natNames = [...]string{"cone", "restricted", "symmetric", "blocked"}

// natFor draws a kind by the scenario's shares.
func (s Scenario) natFor(x float64) nat {
	for _, share := range s.NAT {
		if x < share.Share {
			return share.Kind
		}
		x -= share.Share
	}
	return cone
}

// reach reports whether two viewers can connect, by what they are behind (RFC 4787, RFC 5389's mapping and filtering), or
// by the pair's luck if the scenario says so.
func (n *Internet) reach(a, b *viewer) bool {
	if n.Unreachable >= 0 {
		return pair(n.seed, a.index, b.index) >= n.Unreachable
	}
	high, low := max(a.line.nat, b.line.nat), min(a.line.nat, b.line.nat)
	switch high {
	case blocked:
		return false
	case symmetric:
		return low == cone
	}
	return true
}

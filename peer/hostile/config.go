package hostile

import (
	"fmt"
	"log/slog"
)

// Mode is a way of doing harm.
type Mode string

// The modes.
const (
	Alter   Mode = "alter"   // serves real pieces with one bit flipped
	Swap    Mode = "swap"    // serves real pieces of another part
	Phantom Mode = "phantom" // announces everything and sends nothing
	Forge   Mode = "forge"   // passes on records with one bit flipped
	Flood   Mode = "flood"   // sends pieces that nobody asked for, as fast as they are taken
	Garbage Mode = "garbage" // sends bytes without meaning
)

var modes = [...]Mode{Alter, Swap, Phantom, Forge, Flood, Garbage}

// ParseMode reads a mode.
func ParseMode(s string) (Mode, error) {
	for _, m := range modes {
		if s == string(m) {
			return m, nil
		}
	}
	return "", fmt.Errorf("there is no mode %q; there are %v", s, modes)
}

// Config is what a hostile peer is born with.
type Config struct {
	Watch string // http://HOST/c/NAME
	Mode  Mode
	Log   *slog.Logger
}

// Counts is what it did, and what came of it.
type Counts struct {
	Sessions  uint64 `json:"sessions"`
	Linked    uint64 `json:"linked"`
	Announced uint64 `json:"announced"` // parts, to each peer
	Asked     uint64 `json:"asked"`     // pieces that others wanted
	Sent      uint64 `json:"sent"`      // pieces, records and messages
	Altered   uint64 `json:"altered"`   // of those sent, how many were not what they said
	DroppedBy uint64 `json:"dropped_by"`
}

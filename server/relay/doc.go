// Package relay is the STUN and TURN server inside: it tells viewers their own address and carries packets for those who cannot
// reach each other.
//
// What it is: pion/turn behind walls of our own: socket.go bounds what goes out unasked, credentials.go says who may allocate, grant.go
// which addresses may be reached, allocation.go how much may pass.
// Who calls it: cmd runs it and hands its credentials to viewers through server/api; it asks server/tracker about peers.
// What it owns: the port, its allocations and their counts. All of it is in RAM.
// What it will never do: reach an address that is not a current viewer's of the same channel, or one of special purpose, whoever
// asks; open TCP to peers; read, keep or log what passes or between whom.
package relay

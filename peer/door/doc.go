// Package door is how a native viewer comes in: it finds the channel, joins, and talks with the tracker.
//
// What it is: the address of a channel on a server (Place), the calls that begin a session (State, Join), and one
// conversation with the tracker over its WebSocket (Talk), as server/api and wire/signal define them.
// Who calls it: peer, and peer/hostile.
// What it owns: the bounds on what a server may answer, and the patience with it.
// What it will never do: decide when to come back, act on what the tracker says, log a token.
package door

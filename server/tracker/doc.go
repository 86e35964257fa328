// Package tracker brings the viewers of a channel together: the body of coord.
//
// What it is: one WebSocket a viewer (wire/signal says what is spoken on it), one goroutine a channel that owns all that is known of
// its viewers, and the limits that keep both small. door.go lets in, viewer.go reads and writes, room.go decides with coord.
// Who calls it: server/api hands requests to ServeHTTP and asks for tokens; server/relay asks Allowed; cmd runs it, and runs a new
// one in its place to restart it.
// What it owns: tokens, connections, introductions. All of it lives in RAM and ends with Run: viewers join again.
// What it will never do: log or store a viewer's address, tell it to another viewer, carry an offer, answer or candidate as it
// came, believe a figure that a viewer reports.
package tracker

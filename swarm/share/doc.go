// Package share decides whom to serve, and how much.
//
// What it is: a queue of pieces to send, least slack first, let out as the uplink allows and never more than a few pieces
// ahead of a neighbour's transport.
// Who calls it: the engine.
// What it owns: the queue, the uplink's allowance, each neighbour's send buffer, and how fast the line takes what is sent without a
// queue: by what neighbours' clocks tell (way.go) the rate is found (line.go).
// What it will never do: send what the engine has not checked; exceed the uplink that it was given.
package share

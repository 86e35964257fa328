// Package signal is what viewer and tracker say to each other: one JSON object a text frame, and a byte before each binary frame.
//
// What it is: a type per message, strict decoding and encoding in both directions, and the filters that every offer, answer
// and candidate passes before it is carried from one viewer to another.
// Who calls it: server/tracker, peer, and tests that speak as hostile viewers. web/engine mirrors it in TypeScript.
// What it owns: the bounds on every message and field, and the rules of what a viewer may be told to send packets to.
// What it will never do: open a socket, resolve a name, keep state between calls, accept what it does not know.
package signal

// Package peer is the native body of the engine: a viewer without a screen.
//
// What it is: sockets, a clock, hashes and memory around one swarm.Engine, and a simulated player that follows the live
// edge and counts what a person would have noticed. link holds connections to other viewers, door the way in. Of the stripes
// that it seeds an inflow brings the pieces (stripes.go, inflow.go).
// Who calls it: cmd/shoal (watch), tests as native viewers; later seed and get.
// What it owns: the bytes of parts, one goroutine that alone touches the engine, and everything that it started.
// What it will never do: decide what to fetch, whom to believe or whom to serve; play or pass on a byte that was not checked,
// except that the player takes a part straight from the origin when the engine declines it, as every plain viewer does.
package peer

// Failures puts real native peers where things go wrong, and prints what comes of it beside what is promised.
//
// What it is: a door before a real server, which can be shut and can say who meets whom (door.go); a crowd of real peers at the end of
// lines (crowd.go); and the proofs, a file each: a chain of viewers (chain.go), a tracker that is away (orphans.go), uplinks of half the
// stream (scarce.go).
// Who calls it: make proof-failures; docs/benchmarks.md shows what comes out.
// What it owns: the server, the publisher and the peers that it starts.
// What it will never do: change the engine, the tracker or a peer for the sake of a proof.
package main

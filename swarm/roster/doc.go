// Package roster keeps something per peer in an order that is the same everywhere.
//
// What it is: a small table sorted by peer, because ranging over a Go map is not deterministic.
// Who calls it: the rooms of the engine, each for its own state about neighbours.
// What it owns: the order.
// What it will never do: bound itself: its keeper admits only neighbours.
package roster

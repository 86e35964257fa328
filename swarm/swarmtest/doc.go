// Package swarmtest shows and checks what the engine does.
//
// What it is: a small made-up network of engines with one clock, scenarios in readable text (testdata/*.txt: what
// happens, and below a line what came of it), invariants checked after every step, and recorded tapes that hold every
// body to the same outputs. Rewrite what came of it with go test ./swarm/swarmtest -update and read the difference.
// Who calls it: tests.
// What it owns: the words of the scenario language (see scenario.go).
// What it will never do: stand in for sim, where thousands of peers meet a hostile internet.
package swarmtest

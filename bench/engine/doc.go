// Command engine measures what a step of the swarm engine costs, native and as WebAssembly.
//
// What it is: a run of the simulator in which one viewer is recorded, and its tape stepped through both engines in turn.
// Who calls it: make bench-engine; docs/swarm.md quotes it.
// What it owns: nothing that lasts.
// What it will never do: compare with another day's times; only what stands side by side in one run means anything.
package main

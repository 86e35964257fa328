// Parsers throws mutated inputs at every parser of what publishers send, counts them, and prints a table.
//
// What it is: each fuzz target of the rooms that bytes from outside pass on their way in, one after the other, with Go's own
// engine: its inputs are mutations of valid ones and of whatever led somewhere new. A panic, a broken promise or an input that is
// not done after a while fails it.
// Who calls it: make proof-parsers.
// What it owns: the test processes that it starts, and their count.
// What it will never do: leave a target out because it is slow, or count inputs that were not run.
package main

// Package bus is how rooms hear of facts.
//
// What it is: a folder. local is the body of one process; bustest is the contract that every body passes.
// Who calls it: the command line alone knows which body is in use; a room declares what it needs of one.
// What it owns: nothing.
// What it will never do: make a room that tells wait for a room that hears.
package bus

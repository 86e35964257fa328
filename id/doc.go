// Package id holds the names of things: channel, peer, digest.
//
// What it is: values, their text forms and their bounds.
// Who calls it: every room.
// What it owns: nothing.
// What it will never do: import another room of ours, read a clock, keep state.
package id

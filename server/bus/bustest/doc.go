// Package bustest is the contract of buses.
//
// What it is: one suite, run against every body.
// Who calls it: the tests of bus/local, and of bodies to come.
// What it owns: nothing.
// What it will never do: know a body.
package bustest

// Package storetest is the contract of stores.
//
// What it is: one suite per room's rows, run against every body.
// Who calls it: the tests of store/sqlite, and of bodies to come.
// What it owns: nothing.
// What it will never do: know a body.
package storetest

// Package blobtest is the contract of blob stores.
//
// What it is: one suite, run against every body.
// Who calls it: the tests of blob/memory, blob/files, and of bodies to come.
// What it owns: nothing.
// What it will never do: know a body.
package blobtest

// Package store is where rows rest.
//
// What it is: a folder. sqlite is the body of one node; storetest is the contract that every body passes.
// Who calls it: the command line alone knows which body is in use; the rooms declare what they ask of one.
// What it owns: nothing.
// What it will never do: hold a rule of any room, or be imported by one.
package store

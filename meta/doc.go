// Package meta holds tests about the house itself, and the small tools that building and testing it need.
//
// What it is: the law of imports, the purity of the pure rooms, the form of folders and documents, budgets.
// Who calls it: go test; the Makefile calls the tools.
// What it owns: the text of the law.
// What it will never do: be imported, or know what a room does.
package meta

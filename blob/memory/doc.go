// Package memory keeps blobs in memory.
//
// What it is: a bounded body of blob.Store.
// Who calls it: tests, and rooms whose bytes need not outlive the process.
// What it owns: the bytes.
// What it will never do: hold more than it was made for, or drop a blob by itself.
package memory

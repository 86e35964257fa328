// Package blob says how bytes rest under a name.
//
// What it is: Store, a contract of five methods, and the rule of names. Its bodies are subfolders: memory (bounded) and
// files (a directory); blobtest is the suite that all pass.
// Who calls it: rooms that keep bytes (recordings, uploads, a seed's parts); the command line picks the body.
// What it owns: nothing.
// What it will never do: show half a blob; change one in place; reach outside its own place, whatever the name. The live
// edge does not rest here: it is origin's, in memory, and must not wait for a disk.
package blob

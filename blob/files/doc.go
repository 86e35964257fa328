// Package files keeps blobs as files in one directory.
//
// What it is: a body of blob.Store on os.Root: no name, and no symbolic link, leads outside the directory.
// Who calls it: rooms that keep bytes; the command line names the directory.
// What it owns: the directory, and in it .incoming for bytes that are not yet a blob; Open empties that.
// What it will never do: write to a file that has a name; share its directory with another process.
//
// Durability: Put writes to .incoming, syncs the file, renames it and syncs the directory, so a blob that Put returned
// for survives a power cut, and one it did not return for is absent or whole. The directories made on the way are synced
// too. Delete is not synced: a deleted blob may come back once after a power cut.
package files

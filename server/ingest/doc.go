// Package ingest holds the words of what a publisher sends: tracks and samples.
//
// What it is: values, and the Sink that takes them. The protocols that fill a Sink are its subfolders.
// Who calls it: rtmp and loop produce; live consumes.
// What it owns: nothing.
// What it will never do: transcode, or know about parts and viewers.
package ingest

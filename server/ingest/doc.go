// Package ingest holds the words of what a publisher sends: tracks and samples.
//
// What it is: values, and the Sink that takes them. The protocols that fill a Sink are its subfolders, with
// gate, the door that all of them share, and mend, which makes samples of what publishers really send.
// Who calls it: rtmp, srt and loop produce; live consumes.
// What it owns: nothing.
// What it will never do: transcode, or know about parts and viewers.
package ingest

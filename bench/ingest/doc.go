// Ingest publishes to a real server with real encoders, again and again, and counts what fails.
//
// What it is: for each protocol (ffmpeg speaks them; WHIP is GStreamer's, and Chromium's from a page of booth.go) so many publications one after the other, each looked at through HLS with a decoder
// (look.go); then keys that are replaced, publishers that are killed and come back, and servers that are (trouble.go); and a table.
// Who calls it: make proof-ingest, and its short form in make test.
// What it owns: the server, its data directory, and the encoders that it starts.
// What it will never do: call a publication good that no decoder has shown a picture of, or try again what failed.
package main

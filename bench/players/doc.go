// Package players compares what ordinary players make of one live stream, all at once and for minutes.
//
// What it is: TypeScript. One server and one publisher (main.ts); players without a window: ffmpeg, GStreamer, mpv, VLC (programs.ts,
// gstreamer.py); hls.js, shaka-player and video.js as pages in Chromium (pages.ts, pages/); and what each says of itself, as a table
// (verdict.ts).
// Who calls it: make proof-players; docs/embedding.md tells which players are known to work.
// What it owns: the server, the publisher, the players and the browser that it starts, until it ends.
// What it will never do: count an error as none, or change a player's settings so that a stream's faults pass. Only shaka-player is set
// otherwise than it comes, around a known fault of its own (pages/shaka.ts); --as-they-come shows what it does without.
package players

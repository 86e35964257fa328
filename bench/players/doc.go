// Package players compares what ordinary players make of one live stream, all at once and for minutes.
//
// What it is: TypeScript. One server and one publisher (main.ts); players without a window: ffmpeg, GStreamer, mpv, VLC (programs.ts,
// gstreamer.py); hls.js, shaka-player and video.js as pages in Chromium (pages.ts, pages/); and what each says of itself, as a table
// (verdict.ts).
// Who calls it: make proof-players; docs/embedding.md tells which players are known to work.
// What it owns: the server, the publisher, the players and the browser that it starts, until it ends.
// What it will never do: configure a player so that it forgives more than it does by itself, or count an error as none.
package players

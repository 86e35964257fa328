// Package rtmp takes publications over RTMP and Enhanced RTMP.
//
// What it is: a Server that lets publishers in by stream key, and turns their messages into tracks and samples: H.264,
// H.265, AV1 and VP9 pictures, AAC and Opus sound. Timestamps are repaired where they can be; a jump starts a new run.
// Who calls it: cmd starts it; OBS, ffmpeg and other encoders connect to it.
// What it owns: its connections, their limits and deadlines.
// What it will never do: decide whose key is whose (the Door does), log a key, transcode, or play streams to anyone.
package rtmp

// Package rtmp takes publications over RTMP, Enhanced RTMP, and the same over TLS.
//
// What it is: a Server that lets publishers in by stream key, and takes their messages apart into frames for a mend.Mender:
// H.264, H.265, AV1 and VP9 pictures, AAC and Opus sound, several of each in any form of multitrack.
// Who calls it: cmd starts it; OBS, ffmpeg and other encoders connect to it.
// What it owns: its connections, the bounds on what they send, and their deadlines.
// What it will never do: decide whose key is whose (the Door does), log a key, transcode, or play streams to anyone.
package rtmp

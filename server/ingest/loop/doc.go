// Package loop is a publisher without an encoder: it plays one MP4 for ever.
//
// What it is: a Clip, read from an MP4 with H.264 and AAC, and Play, which hands its samples to a Sink in real time
// without a seam: times go on from the end of one round to the beginning of the next.
// Who calls it: cmd, for the demo channel.
// What it owns: nothing but the clip's bytes.
// What it will never do: read a file, transcode, or mend a clip whose tracks do not fit each other.
package loop

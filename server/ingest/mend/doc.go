// Package mend makes runs of samples of what publishers really send.
//
// What it is: a Mender for each publication. It finds out which tracks there are, turns payloads into MP4 samples
// (H.264, H.265, AV1, VP9, AAC, Opus), follows parameters that change, and repairs timestamps that wrap, jump, go back
// or show a picture before it is decoded. Pictures beside the first follow its clock, and are left out where they are at fault (rung.go).
// Who calls it: the protocols beside it, which take their own messages apart and give it frames.
// What it owns: what is held back until the tracks are known.
// What it will never do: read from a connection, decide who may publish, or transcode.
package mend

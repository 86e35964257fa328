// Package ts takes MPEG transport streams apart.
//
// What it is: a Demuxer that is given bytes as they come and gives frames to a mend.Mender: the first picture (H.264 or
// H.265) and the sounds (AAC in ADTS, Opus), with their languages, of the first program. It takes up the step again after lost bytes.
// Who calls it: srt, which carries such streams; one Demuxer for each connection.
// What it owns: unfinished tables and frames, each with a bound.
// What it will never do: wait for bytes, trust a length beyond them, or follow a clock other than the stream's own.
package ts

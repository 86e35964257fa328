// Package segment holds the words of a broadcast's media: track, segment, part, piece, stripe.
//
// What it is: values. A track is cut into segments (about 2 s, each starting with a key frame), a segment into
// parts (about 0.5 s), a part into pieces (the unit of hashing and of passing on).
// Who calls it: every room that speaks of media.
// What it owns: the limits on parts and pieces.
// What it will never do: hold media bytes, import another room of ours.
package segment

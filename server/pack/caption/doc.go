// Package caption notices captions inside pictures: CEA-608 and CEA-708 in the SEI of H.264 and H.265 (ATSC A/53, part 4).
//
// What it is: a pure reader of samples that tells which captions they carry, and the names that playlists give these. Its folder
// captiontest writes such captions for tests.
// Who calls it: pack, for every picture of a publisher.
// What it owns: nothing.
// What it will never do: draw a caption, change a sample, or keep anything from one sample to the next.
package caption

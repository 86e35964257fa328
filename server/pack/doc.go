// Package pack turns samples into CMAF parts and segments, and parts into playlists.
//
// What it is: a Packer, which cuts, and a playlist writer, which is a pure function of a window of parts.
// Who calls it: live feeds the Packer; origin writes playlists.
// What it owns: the samples that are not yet a part.
// What it will never do: transcode, store, sign, or read a clock.
package pack

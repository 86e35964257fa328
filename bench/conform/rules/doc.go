// Package rules judges an HLS stream by what a player was given of it.
//
// What it is: a Stream, which is requests and their answers and nothing else; a reader of playlists and of fragmented MP4; and All, a
// list of rules, each with the section of draft-pantos-hls-rfc8216bis-22 (1 May 2026) that it stands in. Judge says of each rule how often
// it could be looked at, and where it was broken.
// Who calls it: bench/conform, which asks a server; the tests, which break good streams, each in one way, and want the one rule that is
// meant to find it and no other.
// What it owns: nothing.
// What it will never do: look into byte ranges of larger files, or encrypted media; ask a server, know anything of Shoal's, or forgive what a player must refuse.
package rules

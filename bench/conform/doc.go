// Conform reads an HLS stream as a player would, and prints rule by rule whether it is what draft-pantos-hls-rfc8216bis-22 asks for.
//
// What it is: a reader (reader.go, follow.go), which asks a server for playlists, parts and segments and for what it has to refuse;
// the report of what bench/conform/rules finds in that (report.go); and a real server with a real publisher to be read, live, rewound
// and recorded (house.go).
// Who calls it: make test-conform in CI, and whoever has an address: go run ./bench/conform URL.
// What it owns: the server and the publisher that it starts.
// What it will never do: read what a player could not, or ask for less than all that a playlist names.
package main

// Origin measures a real server as the origin of LL-HLS: what segments cost beside nginx with the same bytes, what held reloads cost
// beside MediaMTX, and how long a part takes from the publisher to the first viewer.
//
// What it is: a server fed by ffmpeg, nginx and, where it is built, MediaMTX on one machine; rounds of load on one after the
// other (load.go, segments.go); thousands of reloads that are held and answered at once (held.go), and what the kernel alone takes for that
// (floor.go); frames whose sending is timed (arrival.go, whip.go). Costs are the servers' own processor time, from /proc, so that what makes the load does not count.
// Who calls it: make bench-origin.
// What it owns: the servers, their directories and the publishers that it starts.
// What it will never do: put its own handlers in a server's place, or compare runs that were not made side by side.
package main

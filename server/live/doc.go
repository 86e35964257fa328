// Package live is the conductor: it carries each broadcast from the first byte to its end.
//
// What it is: a Live with one goroutine per broadcast, which alone touches the broadcast's Packer and its origin. A
// publisher is a Sink whose calls are handed to that goroutine. The first Tracks takes an epoch from the registry
// (durable), opens it at the origin and says BroadcastStarted. When the publisher goes, what is pending is published,
// and the broadcast stays open for Idle: whoever comes back within it with the same kinds of tracks goes on in the same
// epoch behind a discontinuity, at the true time of day. After that, or if the kinds changed, the epoch ends:
// BroadcastEnded.
// A second publisher is refused unless it asks to take over; a publisher whose stream key is replaced loses its place within
// two seconds. Its folder's pulse says how each stream comes in.
// A Ladder, if there is one, is handed the picture of each run, and what it makes of it is packed and published as
// further tracks (rungs.go). A publisher who sends several pictures has a ladder of his own, which takes that one's place: the
// first is the source, and the others are rungs as long as their key frames stand where its do (own.go, lineup.go).
// Who calls it: ingest's bodies hand in publications; api asks for State and Health.
// What it owns: who is publishing to what.
// What it will never do: wait for a rung, or let one harm the source; let two publishers write to one channel; end a broadcast because the process stops: its
// viewers are not told ENDLIST, and find the next epoch when the next process is there and the publisher is back. Until then, or until
// Idle is over, that process says that he is awaited (awaited.go).
package live

// Package pick decides what to ask for next, from whom, or from the origin.
//
// What it is: a plan over the shelf: seed stripes from the origin at once; wait a moment for pushes; pull what is missing
// from neighbours that hold it; and at deadline less guard ask the origin for every piece still missing. Of a recording
// (recorded.go): what is wanted soon in order, the rest rarest first.
// Who calls it: the engine, whenever something may have changed.
// What it owns: requests under way, the guard, the playhead.
// What it will never do: leave a request without a deadline, or ask a neighbour for what it did not announce.
package pick

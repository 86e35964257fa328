// Package hostile is a peer of ill intent: a test tool, not linked into the program.
//
// What it is: it joins, links and speaks as every peer does, and then harms in one of several ways: it alters pieces,
// swaps them, promises what it does not send, forges records, floods, or talks nonsense. When the tracker shows it the
// door it comes back under a new name. It counts what it did and how many dropped it.
// Who calls it: end-to-end tests, through the small program in peer/hostile/hostile.
// What it owns: the ways of doing harm that the swarm is held to withstand.
// What it will never do: attack anything but the channel it is pointed at; exploit a fault rather than the protocol.
package hostile

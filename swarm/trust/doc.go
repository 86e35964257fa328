// Package trust decides whom and what to believe.
//
// What it is: the path of a signed record from arrival to acceptance, and the standing of each neighbour.
// Who calls it: the engine.
// What it owns: certificates, records that wait for a check, the edge of each track, bans and message allowances.
// What it will never do: check a signature itself (it says what to check), or believe a number that a peer reports.
package trust

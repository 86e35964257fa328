// Package rights says who may watch a channel.
//
// What it is: the private channels, and passes to them: a time and a keyed hash, so that nothing is kept of who has one.
// Who calls it: server/api before it answers anything of a channel; cmd makes passes for the operator.
// What it owns: nothing; its key is derived from the data directory's secret.
// What it will never do: know a person; take a pass back before its time (a channel of another name does that).
package rights

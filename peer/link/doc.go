// Package link is one connection to one other viewer, over WebRTC data channels.
//
// What it is: a Net opens links; a Link's Run offers or answers, passes messages until the link ends, and leaves nothing
// behind. It tells its Hearer what happens. Reach says which addresses a link may ever send a packet to.
// An Outlet is the way out of all links of a viewer: it counts what goes on the line, and lets it out no faster than is allowed, and
// than the line takes without a queue, as far as Pace tells.
// Who calls it: peer, and peer/hostile, which speaks the same protocol with ill intent.
// What it owns: every use of Pion by peers, and the bounds on a connection: time to open, message size, queues.
// What it will never do: read a message, decide whom to call, keep a link alive that its owner ended.
package link

// Package whip takes publications over WebRTC, as WHIP (RFC 9725) begins them.
//
// What it is: a Server with one UDP port. An offer becomes a session: offer.go reads what it asks for, session.go owns the
// connection, order.go puts packets in order, frame.go makes frames of them, clock.go puts both tracks on one clock, and
// publication.go hands samples to a Sink. The server is an ICE lite agent: it answers where it is asked and never
// sends a packet to an address that an offer merely names, so that nobody can have it knock at other doors.
// Who calls it: server/api carries offers, fragments and goodbyes over HTTP; cmd opens and runs it; OBS, browsers and GStreamer send to it.
// What it owns: the port, its sessions, their limits and deadlines.
// What it will never do: decide whose key is whose (the Door does), log a key, transcode, play anything to anyone, or hold media
// back so that a publisher waits.
package whip

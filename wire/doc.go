// Package wire is what two peers say to each other: bytes to messages and back.
//
// What it is: one binary form per message, big endian, first byte the type. One message is one data-channel message, but for those that JOINED holds.
//
//	part    u64 epoch, u8 track, u64 seq                        (17 bytes)
//	bitmap  u8 n, then n bytes (n <= 32); bit k of byte j is piece 8j+k; the last byte is not zero
//
//	1 PIECE     part, u16 piece, then the bytes of the piece    (the body splits it; the engine never sees it)
//	2 HELLO     u16 version, u8 stripes supported (16), and 128 more from who answers PROBE, 64 more from who takes JOINED
//	3 HAVE      part, bitmap: pieces the sender holds and has checked, since it last said so
//	4 WANT      part, bitmap: please send these
//	5 CANCEL    part, bitmap: no longer wanted
//	6 BUSY      part, bitmap: will not be sent
//	7 MANIFEST  a certificate or part record of package manifest
//	8 BYE
//	9 LACK      part: the sender has no record of it; the answer is the MANIFESTs that open it
//	10 STATE    u16 queue ms, u8 free slots, u16 slots, u16 primary stripes, u8 depth of each stripe (255: does
//	            not come), u8 delay of each stripe in 16 ms, u8 mark of each stripe's root, u8 tracks that the sender
//	            follows (bit t is track t)
//	11 SUB      u16 stripes, u16 stripes that the sender passes on, u16 its slots: please push these stripes
//	12 SUBOK    u16 stripes: they will be pushed
//	13 SUBNO    u16 stripes: they will not, or no longer
//	14 UNSUB    u16 stripes: no longer wanted
//	15 PROBE    u32 clock: the sender's, in microseconds, what is above 32 bits left out; to be answered within about 20 ms
//	16 ECHO     u32 clock as the PROBE had it, u32 clock of its own when it came
//	17 JOINED   two to 64 of: u16 length, a message that is no JOINED    (the body splits it; the engine never sees it)
//
// Who calls it: the engine, and every body for PIECE and JOINED.
// What it owns: the peer protocol, label "shoal", protocol "shoal.peer.v1".
// What it will never do: keep state, judge what a peer says.
package wire

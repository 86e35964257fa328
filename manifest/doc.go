// Package manifest is the signed list of parts: what makes a piece from a stranger as good as one from the origin.
//
// What it is: two records in a fixed binary form with exactly one valid encoding each, big endian, no padding.
//
//	Certificate (176 bytes): the channel's identity vouches for a session key.
//	   0  16  "shoal.session.v1"
//	  16  32  channel: Ed25519 public key of the identity
//	  48   8  epoch
//	  56  32  session: Ed25519 public key
//	  88   8  not before, ms since 1970
//	  96   8  not after, ms since 1970; at most 24 h later
//	 104   8  min seq: the session key signs no part with a lower seq
//	 112  64  signature by the identity over bytes 0 to 111
//
//	Part (233 + 32 n bytes): the session key vouches for one part of n pieces.
//	   0  16  "shoal.part.v1" and three zero bytes
//	  16  32  channel
//	  48   8  epoch
//	  56   1  track
//	  57   1  flags: 1 independent, 2 discontinuity, 4 end, 8 encrypted; the rest are zero
//	  58   2  key id: 0 unless encrypted
//	  60   8  msn: media sequence number of its segment
//	  68   2  index of the part in its segment
//	  70   8  seq
//	  78  32  prev: SHA-256 of the whole record before (same track), zero for seq 0
//	 110  32  init: SHA-256 of the init segment
//	 142   8  wall, ms since 1970, of the first sample
//	 150   8  start, us since the epoch began, of the first sample
//	 158   4  duration, us
//	 162   4  length, bytes
//	 166   3  piece size, bytes; 0 if and only if end
//	 169 32n  SHA-256 of each piece
//	  ...  64  signature by the session key over everything before
//
// Who calls it: origin builds and signs (subpackage sign); the engine and every other peer parse and verify.
// What it owns: the two formats and the rules of order between records.
// What it will never do: hash or check signatures itself (asked of the body), read a clock, accept a second spelling.
package manifest

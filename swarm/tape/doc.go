// Package tape writes an engine's inputs and outputs as bytes.
//
// What it is: one record form for the WASM border, the flight recorder and replay. Big endian throughout.
//
//	birth   u64 self, 32 channel, u64 seed, u64 birth wall ms, u32 uplink bytes/s          (60 bytes)
//	        the uplink's highest bit says that the channel is a recording
//	input   u64 now us, u8 kind, fields
//	output  u8 kind, fields; a step's outputs stand one after another
//
//	part    u64 epoch, u8 track, u64 seq
//	bytes   u32 length, then as many bytes
//
//	inputs                                      outputs
//	 1 Tick                                      1 Dial            u64 peer
//	 2 Introduced  u64 peer, u8 1 dial|2 near            2 HangUp          u64 peer, u8 why
//	 3 PeerUp      u64 peer                      3 Say             u64 peer, bytes
//	 4 PeerDown    u64 peer                      4 Send            u64 peer, part, u16 piece
//	 5 Said        u64 peer, bytes               5 Fetch           u32 ref, part, u16 from, u16 to, u32 within ms
//	 6 Drained     u64 peer, u32 buffered        6 CheckPiece      part, u16 piece, u64 from, 32 hash
//	 7 Offered     u64 from, 32 digest, bytes    7 Forget          part, u16 piece, u64 from
//	 8 Seeding     u16 stripes                   8 CheckSignature  u32 ref, 32 key, 64 signature, bytes
//	 9 Playhead    u64 wall ms, u32 buffer ms,   9 Open            part, u64 msn, u16 index, u32 length, u32 piece size,
//	               u8 playing                                      u32 duration us, u64 wall ms, 32 init, u8 flags:
//	                                                               1 independent, 2 discontinuity
//	10 Wanted      part                         10 Play            part
//	11 Arrived     u64 from, part, u16 piece,   11 Decline         part
//	               u32 size                     12 Evict           part
//	12 Checked     part, u16 piece, u64 from,   13 Note            u8 what, u64 peer, part
//	               u8 ok
//	13 SignatureChecked  u32 ref, u8 ok         14 Able            u16 slots
//	14 Fetched     u32 ref, u8 failed           15 Records         u8 on
//	15 Evicted     part                         16 FetchRecord     u32 ref, part, u32 within ms
//	16 Uplink      u32 bytes/s                  17 Position        u64 wall ms
//	17 Tracked     u8 up
//	18 Following   u8 tracks
//	19 Overhead    u32 bytes
//
// A tape file is "shoal.tape.v1", a newline, the birth, and then each input as bytes (length first).
//
// Who calls it: cmd/engine at the border, peer and sim to record, swarmtest to replay.
// What it owns: the record forms; web/engine/tape.ts mirrors them, and a recorded tape holds both to it.
// What it will never do: interpret.
package tape

// An engine's inputs and outputs as bytes: the mirror of Go's package swarm/tape.
//
// What it is: the types that cross the WASM border, an encoder of births and inputs, a decoder of outputs.
// Who calls it: mind.ts at the border, its tests and the tests that replay recorded tapes.
// What it owns: nothing; swarm/tape/doc.go owns the record forms, and swarm/swarmtest/testdata holds both to them.
// What it will never do: interpret.
import type { PartName, SignedPart } from '../player/swarm';
import { Reader, Writer, hex, type Peer } from './bytes';

/** What an engine is born with. */
export interface Birth {
  readonly self: Peer;
  readonly channel: Uint8Array; // 32 bytes
  readonly seed: Uint8Array; // 8 bytes
  readonly wallMs: number; // the server's clock at the engine's time 0
  readonly uplink: number; // bytes a second
  readonly recorded?: boolean; // the channel is a recording: everyone plays another place of it
}

/** The bit beside the uplink that says so. */
const RECORDED = 2 ** 31;

export type Input =
  | { readonly kind: 'Tick' }
  | { readonly kind: 'Introduced'; readonly peer: Peer; readonly dial: boolean; readonly near: boolean }
  | { readonly kind: 'PeerUp'; readonly peer: Peer }
  | { readonly kind: 'PeerDown'; readonly peer: Peer }
  | { readonly kind: 'Said'; readonly peer: Peer; readonly data: Uint8Array }
  | { readonly kind: 'Drained'; readonly peer: Peer; readonly buffered: number }
  | { readonly kind: 'Offered'; readonly from: Peer; readonly digest: Uint8Array; readonly data: Uint8Array }
  | { readonly kind: 'Seeding'; readonly stripes: number }
  | { readonly kind: 'Playhead'; readonly wallMs: number; readonly bufferMs: number; readonly playing: boolean }
  | { readonly kind: 'Wanted'; readonly part: PartName }
  | { readonly kind: 'Arrived'; readonly from: Peer; readonly part: PartName; readonly piece: number; readonly size: number }
  | { readonly kind: 'Checked'; readonly part: PartName; readonly piece: number; readonly from: Peer; readonly ok: boolean }
  | { readonly kind: 'SignatureChecked'; readonly ref: number; readonly ok: boolean }
  | { readonly kind: 'Fetched'; readonly ref: number; readonly failed: boolean }
  | { readonly kind: 'Evicted'; readonly part: PartName }
  | { readonly kind: 'Uplink'; readonly bytesPerSecond: number }
  | { readonly kind: 'Tracked'; readonly up: boolean }
  | { readonly kind: 'Following'; readonly tracks: number } // bit t is track t
  | { readonly kind: 'Overhead'; readonly bytes: number };

/** A part that may now arrive. */
export interface Opened extends SignedPart {
  readonly length: number; // bytes
  readonly pieceSize: number; // bytes
}

/** One claim about one piece: who sent what. */
export interface Claim {
  readonly part: PartName;
  readonly piece: number;
  readonly from: Peer;
}

export interface FetchOrder {
  readonly ref: number;
  readonly part: PartName;
  readonly from: number; // pieces from .. to-1
  readonly to: number;
  readonly withinMs: number;
}

export interface RecordOrder {
  readonly ref: number;
  readonly part: PartName;
  readonly withinMs: number;
}

export interface SignatureQuestion {
  readonly ref: number;
  readonly key: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
  readonly message: Uint8Array<ArrayBuffer>;
}

export type Output =
  | { readonly kind: 'Dial'; readonly peer: Peer }
  | { readonly kind: 'HangUp'; readonly peer: Peer; readonly why: number }
  | { readonly kind: 'Say'; readonly peer: Peer; readonly data: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'Send'; readonly peer: Peer; readonly part: PartName; readonly piece: number }
  | ({ readonly kind: 'Fetch' } & FetchOrder)
  | ({ readonly kind: 'CheckPiece'; readonly hash: Uint8Array<ArrayBuffer> } & Claim)
  | ({ readonly kind: 'Forget' } & Claim)
  | ({ readonly kind: 'CheckSignature' } & SignatureQuestion)
  | ({ readonly kind: 'Open' } & Opened)
  | { readonly kind: 'Play'; readonly part: PartName }
  | { readonly kind: 'Decline'; readonly part: PartName }
  | { readonly kind: 'Evict'; readonly part: PartName }
  | { readonly kind: 'Able'; readonly slots: number }
  | { readonly kind: 'Records'; readonly on: boolean }
  | ({ readonly kind: 'FetchRecord' } & RecordOrder)
  | { readonly kind: 'Position'; readonly wallMs: number }
  | { readonly kind: 'Note'; readonly what: number; readonly peer: Peer; readonly part: PartName };

/** Why the engine hangs up, as far as the body cares: a piece or manifest of the peer failed its check. */
export const POLLUTED = 1;

/** The first line of a tape; the birth and the inputs, each behind its length, follow. */
export const TAPE_HEAD = 'shoal.tape.v1\n';

export const BIRTH_SIZE = 60;

/** How many bytes of its digest name an init segment. */
const INIT_NAMED = 16;

export function encodeBirth(to: Writer, birth: Birth): Writer {
  return to.peer(birth.self).raw(birth.channel).raw(birth.seed).u64(birth.wallMs).u32((birth.uplink % RECORDED) + (birth.recorded ? RECORDED : 0));
}

/** Appends the record of an input that happened at `nowUs`, in microseconds since the birth. */
export function encodeInput(to: Writer, nowUs: number, input: Input): Writer {
  to.u64(nowUs);
  switch (input.kind) {
    case 'Tick':
      return to.u8(1);
    case 'Introduced':
      return to.u8(2).peer(input.peer).u8((input.dial ? 1 : 0) | (input.near ? 2 : 0));
    case 'PeerUp':
      return to.u8(3).peer(input.peer);
    case 'PeerDown':
      return to.u8(4).peer(input.peer);
    case 'Said':
      return to.u8(5).peer(input.peer).bytes(input.data);
    case 'Drained':
      return to.u8(6).peer(input.peer).u32(input.buffered);
    case 'Offered':
      return to.u8(7).peer(input.from).raw(input.digest).bytes(input.data);
    case 'Seeding':
      return to.u8(8).u16(input.stripes);
    case 'Playhead':
      return to.u8(9).u64(input.wallMs).u32(input.bufferMs).flag(input.playing);
    case 'Wanted':
      return to.u8(10).part(input.part);
    case 'Arrived':
      return to.u8(11).peer(input.from).part(input.part).u16(input.piece).u32(input.size);
    case 'Checked':
      return to.u8(12).part(input.part).u16(input.piece).peer(input.from).flag(input.ok);
    case 'SignatureChecked':
      return to.u8(13).u32(input.ref).flag(input.ok);
    case 'Fetched':
      return to.u8(14).u32(input.ref).flag(input.failed);
    case 'Evicted':
      return to.u8(15).part(input.part);
    case 'Uplink':
      return to.u8(16).u32(input.bytesPerSecond);
    case 'Tracked':
      return to.u8(17).flag(input.up);
    case 'Following':
      return to.u8(18).u8(input.tracks);
    case 'Overhead':
      return to.u8(19).u32(input.bytes);
  }
}

/** Reads a step's outputs. Their bytes are views into `records`. It throws a RangeError for what is no record. */
export function decodeOutputs(records: Uint8Array): Output[] {
  const reader = new Reader(records);
  const outputs: Output[] = [];
  while (!reader.done) outputs.push(decodeOutput(reader));
  return outputs;
}

function decodeOutput(r: Reader): Output {
  const kind = r.u8();
  switch (kind) {
    case 1:
      return { kind: 'Dial', peer: r.peer() };
    case 2:
      return { kind: 'HangUp', peer: r.peer(), why: r.u8() };
    case 3:
      return { kind: 'Say', peer: r.peer(), data: r.bytes() };
    case 4:
      return { kind: 'Send', peer: r.peer(), part: r.part(), piece: r.u16() };
    case 5:
      return { kind: 'Fetch', ref: r.u32(), part: r.part(), from: r.u16(), to: r.u16(), withinMs: r.u32() };
    case 6:
      return { kind: 'CheckPiece', part: r.part(), piece: r.u16(), from: r.peer(), hash: r.raw(32) };
    case 7:
      return { kind: 'Forget', part: r.part(), piece: r.u16(), from: r.peer() };
    case 8:
      return { kind: 'CheckSignature', ref: r.u32(), key: r.raw(32), signature: r.raw(64), message: r.bytes() };
    case 9:
      return decodeOpen(r);
    case 10:
      return { kind: 'Play', part: r.part() };
    case 11:
      return { kind: 'Decline', part: r.part() };
    case 12:
      return { kind: 'Evict', part: r.part() };
    case 13:
      return { kind: 'Note', what: r.u8(), peer: r.peer(), part: r.part() };
    case 14:
      return { kind: 'Able', slots: r.u16() };
    case 15:
      return { kind: 'Records', on: r.flag() };
    case 16:
      return { kind: 'FetchRecord', ref: r.u32(), part: r.part(), withinMs: r.u32() };
    case 17:
      return { kind: 'Position', wallMs: r.u64() };
  }
  throw new RangeError(`no output has kind ${kind}`);
}

function decodeOpen(r: Reader): Output {
  const named = { part: r.part(), msn: r.u64(), index: r.u16(), length: r.u32(), pieceSize: r.u32() };
  const { durationUs, wallMs, init } = { durationUs: r.u32(), wallMs: r.u64(), init: hex(r.raw(32).subarray(0, INIT_NAMED)) };
  const flags = r.u8();
  return { kind: 'Open', ...named, durationUs, wallMs, init, independent: (flags & 1) !== 0, discontinuity: (flags & 2) !== 0 };
}

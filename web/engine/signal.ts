// What viewer and tracker say to each other: the mirror of Go's package wire/signal.
//
// What it is: the messages as types, and a decoder that takes nothing for granted.
// Who calls it: tracker.ts.
// What it owns: nothing; wire/signal owns the messages and their bounds.
// What it will never do: throw; hand on a field of the wrong type.
import { isPeer, type Peer } from './bytes';

export const SUBPROTOCOL = 'shoal.tracker.v1';

/** The first byte of a binary frame; the binary form of a record follows. */
export const FRAME_CERTIFICATE = 1;
export const FRAME_PART = 2;
/** The longest record: a part of 256 pieces (manifest.PartSizeMax). */
export const RECORD_MAX = 169 + 32 * 256 + 64;

/** Bounds of wire/signal; longer ones are not sent and not taken. */
const TEXT_MAX = 16 << 10;
const PEERS_MAX = 64;
export const LINKED_MAX = 256;

/** What is carried between two viewers. `mid` and `line` belong to a candidate. */
export interface Signal {
  readonly kind: 'offer' | 'answer' | 'candidate';
  readonly data: string;
  readonly mid: string;
  readonly line: number;
}

/** What happened since the last report. */
export interface Report {
  readonly httpBytes: number;
  readonly peerBytes: number;
  readonly uploadBytes: number;
  readonly verified: number;
  readonly refused: number;
  readonly stalls: number;
  readonly stalledMs: number;
}

export const NOTHING: Report = { httpBytes: 0, peerBytes: 0, uploadBytes: 0, verified: 0, refused: 0, stalls: 0, stalledMs: 0 };

/** What happened between two totals, in whole numbers. */
export function difference(now: Report, before: Report): Report {
  const report = { ...NOTHING } as { -readonly [K in keyof Report]: number };
  for (const key of Object.keys(report) as (keyof Report)[]) report[key] = Math.max(0, Math.floor(now[key]) - Math.floor(before[key]));
  return report;
}

export type ToTracker =
  | { readonly t: 'hello'; readonly token: string }
  | ({ readonly t: 'signal'; readonly to: Peer } & Signal)
  | { readonly t: 'linked'; readonly peers: number }
  | { readonly t: 'follow'; readonly tracks: readonly number[] }
  | { readonly t: 'able'; readonly slots: number }
  | { readonly t: 'records'; readonly from: 'tracker' | 'peers' }
  | { readonly t: 'at'; readonly ms: number }
  | ({ readonly t: 'report' } & Report)
  | { readonly t: 'refused'; readonly peer: Peer }
  | { readonly t: 'more' }
  | { readonly t: 'ping'; readonly at: number }
  | { readonly t: 'bye' };

export type FromTracker =
  | { readonly t: 'welcome'; readonly peer: Peer; readonly viewers: number; readonly serverTimeMs: number }
  | { readonly t: 'peers'; readonly dial: readonly Peer[]; readonly expect: readonly Peer[]; readonly near: readonly Peer[] }
  | { readonly t: 'gone'; readonly peer: Peer }
  | ({ readonly t: 'signal'; readonly from: Peer } & Signal)
  | { readonly t: 'seed'; readonly stripes: number }
  | { readonly t: 'edge'; readonly track: number; readonly msn: number; readonly part: number; readonly epoch: number }
  | { readonly t: 'viewers'; readonly n: number; readonly sharing: number }
  | { readonly t: 'relay'; readonly username: string; readonly credential: string }
  | { readonly t: 'sharing'; readonly mode: 'ask' | 'off' }
  | { readonly t: 'ended' }
  | { readonly t: 'error'; readonly code: string; readonly message: string }
  | { readonly t: 'pong'; readonly at: number; readonly serverTimeMs: number };

/** Reads a text frame; null for what is no message of the tracker. */
export function decode(text: string): FromTracker | null {
  if (text.length > TEXT_MAX) return null;
  let o: unknown;
  try {
    o = JSON.parse(text);
  } catch {
    return null;
  }
  return typeof o === 'object' && o !== null ? read(o as Record<string, unknown>) : null;
}

function read(o: Record<string, unknown>): FromTracker | null {
  switch (o.t) {
    case 'welcome':
      return peer(o.peer) && whole(o.viewers) && whole(o.serverTimeMs)
        ? { t: o.t, peer: o.peer, viewers: o.viewers, serverTimeMs: o.serverTimeMs } : null;
    case 'peers':
      return peers(o.dial) && peers(o.expect) && (o.near === undefined || peers(o.near))
        ? { t: o.t, dial: o.dial, expect: o.expect, near: o.near ?? [] } : null;
    case 'gone':
      return peer(o.peer) ? { t: o.t, peer: o.peer } : null;
    case 'signal':
      return readSignal(o);
    case 'seed':
      return whole(o.stripes) && o.stripes <= 0xffff ? { t: o.t, stripes: o.stripes } : null;
    case 'edge':
      return whole(o.track) && whole(o.msn) && whole(o.part) && whole(o.epoch)
        ? { t: o.t, track: o.track, msn: o.msn, part: o.part, epoch: o.epoch } : null;
    case 'viewers':
      return whole(o.n) && whole(o.sharing) ? { t: o.t, n: o.n, sharing: o.sharing } : null;
    case 'relay':
      return typeof o.username === 'string' && typeof o.credential === 'string' ? { t: o.t, username: o.username, credential: o.credential } : null;
    case 'sharing':
      return o.mode === 'ask' || o.mode === 'off' ? { t: o.t, mode: o.mode } : null;
    case 'ended':
      return { t: o.t };
    case 'error':
      return typeof o.code === 'string' && typeof o.message === 'string' ? { t: o.t, code: o.code, message: o.message } : null;
    case 'pong':
      return whole(o.at) && whole(o.serverTimeMs) ? { t: o.t, at: o.at, serverTimeMs: o.serverTimeMs } : null;
  }
  return null;
}

function readSignal(o: Record<string, unknown>): FromTracker | null {
  const { kind, from, data, mid = '', line = 0 } = o;
  if (kind !== 'offer' && kind !== 'answer' && kind !== 'candidate') return null;
  if (!peer(from) || typeof data !== 'string' || typeof mid !== 'string' || !whole(line)) return null;
  return { t: 'signal', from, kind, data, mid, line };
}

function peer(value: unknown): value is Peer {
  return typeof value === 'string' && isPeer(value);
}

function peers(value: unknown): value is readonly Peer[] {
  return Array.isArray(value) && value.length <= PEERS_MAX && value.every(peer);
}

function whole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

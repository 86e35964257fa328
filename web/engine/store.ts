// The bytes of parts, in memory: the engine knows names, this holds what they name.
//
// What it is: open parts with their checked pieces, and pieces that wait for a check. A piece is kept as the PIECE message that
// carries it, which is the same at every hop: passing it on copies nothing.
// Who calls it: body.ts, when the engine opens, checks, sends, plays or evicts.
// What it owns: all media bytes of this folder, within two bounds.
// What it will never do: hash, trust a piece that nobody checked, hand out a buffer that it keeps.
import type { PartName, SegmentName } from '../player/swarm';
import { partKey } from './bytes';
import type { Claim, Opened } from './tape';
import { PIECE_HEADER } from './wire';

/** Bytes of checked pieces that are kept: about 2.5 minutes of 3 Mbit/s, and little for a phone. */
export const KEPT_MAX = 64 << 20;
/** Bytes of pieces that wait for a check: far more than are ever on their way, and a flood stops here. */
export const PENDING_MAX = 8 << 20;
/** A piece that waited so long belongs to nobody: its room goes to others. */
export const PENDING_MS = 15_000;
/** Open parts: half an hour of two tracks. The engine evicts long before. */
export const PARTS_MAX = 8192;

type Message = Uint8Array<ArrayBuffer>;

interface Kept extends Opened {
  readonly pieces: (Message | undefined)[];
  missing: number;
  bytes: number;
}

export class Store {
  readonly #parts = new Map<string, Kept>(); // oldest first
  readonly #pending = new Map<string, { readonly message: Message; readonly since: number }>(); // oldest first
  /** Of a recording: what is farthest behind the playhead, and then what is farthest ahead, is dropped first. */
  recorded = false;
  head = 0; // wall-clock ms
  #keptBytes = 0;
  #pendingBytes = 0;
  readonly #evicted: (part: PartName) => void;

  /** `evicted` hears of each part that the store drops by itself for want of room. */
  constructor(evicted: (part: PartName) => void) {
    this.#evicted = evicted;
  }

  get keptBytes(): number {
    return this.#keptBytes;
  }

  open(opened: Opened): void {
    const key = partKey(opened.part);
    if (this.#parts.has(key)) return;
    const missing = Math.ceil(opened.length / opened.pieceSize);
    this.#parts.set(key, { ...opened, pieces: new Array<Message | undefined>(missing), missing, bytes: 0 });
    if (this.#parts.size > PARTS_MAX) this.#evictOldest(key);
  }

  opened(part: PartName): Opened | undefined {
    return this.#parts.get(partKey(part));
  }

  /** Keeps a message until its piece is checked. False: there is no room, or one like it waits already; it is dropped. */
  hold(claim: Claim, message: Message, now: number): boolean {
    const key = claimKey(claim);
    if (this.#pending.has(key)) return false;
    if (this.#pendingBytes + message.length > PENDING_MAX) this.#lapse(now);
    if (this.#pendingBytes + message.length > PENDING_MAX) return false;
    this.#pending.set(key, { message, since: now });
    this.#pendingBytes += message.length;
    return true;
  }

  /** Takes a waiting message out. Whoever checks it keeps the very bytes that were checked: a second copy cannot slip in. */
  take(claim: Claim): Message | undefined {
    return this.#takeKey(claimKey(claim));
  }

  /** Keeps a checked piece. False if the part is not open any more, the length is wrong or the piece is there already. */
  keep(part: PartName, piece: number, message: Message): boolean {
    const key = partKey(part);
    const kept = this.#parts.get(key);
    if (!kept || piece >= kept.pieces.length || kept.pieces[piece]) return false;
    if (message.length - PIECE_HEADER !== pieceLength(kept, piece)) return false;
    kept.pieces[piece] = message;
    kept.missing--;
    kept.bytes += message.length;
    this.#keptBytes += message.length;
    while (this.#keptBytes > KEPT_MAX && this.#evictOldest(key));
    return true;
  }

  holds(part: PartName, piece: number): boolean {
    return this.message(part, piece) !== undefined;
  }

  /** The PIECE message of a checked piece: to be sent, not to be changed. */
  message(part: PartName, piece: number): Message | undefined {
    return this.#parts.get(partKey(part))?.pieces[piece];
  }

  evict(part: PartName): void {
    const key = partKey(part);
    const kept = this.#parts.get(key);
    if (!kept) return;
    this.#parts.delete(key);
    this.#keptBytes -= kept.bytes;
  }

  /** The bytes of a whole part in a buffer of the asker's own, or null. */
  part(part: PartName): ArrayBuffer | null {
    const kept = this.#parts.get(partKey(part));
    return kept && kept.missing === 0 ? assemble([kept]) : null;
  }

  /** The open parts of a segment in order, if they are all of it: the next segment must have begun. */
  segmentParts(segment: SegmentName): readonly Opened[] | null {
    return this.#segment(segment);
  }

  /** The bytes of a whole segment in a buffer of the asker's own, or null. */
  segment(segment: SegmentName): ArrayBuffer | null {
    const parts = this.#segment(segment);
    return parts?.every((kept) => kept.missing === 0) ? assemble(parts) : null;
  }

  clear(): void {
    this.#parts.clear();
    this.#pending.clear();
    this.#keptBytes = 0;
    this.#pendingBytes = 0;
  }

  #takeKey(key: string): Message | undefined {
    const waiting = this.#pending.get(key);
    if (!waiting) return undefined;
    this.#pending.delete(key);
    this.#pendingBytes -= waiting.message.length;
    return waiting.message;
  }

  #lapse(now: number): void {
    for (const [key, { since }] of this.#pending) {
      if (now - since < PENDING_MS) return;
      this.#takeKey(key);
    }
  }

  #segment(segment: SegmentName): Kept[] | null {
    const parts: Kept[] = [];
    for (const kept of this.#parts.values()) {
      if (kept.part.epoch === segment.epoch && kept.part.track === segment.track && kept.msn === segment.msn) parts.push(kept);
    }
    parts.sort((a, b) => a.index - b.index);
    const last = parts.at(-1);
    if (!last || parts.some((kept, i) => kept.index !== i)) return null;
    const next = this.#parts.get(partKey({ ...last.part, seq: last.part.seq + 1 }));
    return next && next.msn > segment.msn ? parts : null;
  }

  /** Drops the oldest part that is not `but`. */
  #evictOldest(but: string): boolean {
    if (this.recorded) return this.#evictFarthest(but);
    for (const [key, kept] of this.#parts) {
      if (key === but) continue;
      this.evict(kept.part);
      this.#evicted(kept.part);
      return true;
    }
    return false;
  }

  #evictFarthest(but: string): boolean {
    let farthest: Kept | null = null;
    let most = -Infinity;
    for (const [key, kept] of this.#parts) {
      const behind = this.head - kept.wallMs;
      const far = behind > 0 ? FAR_MS + behind : -behind;
      if (key === but || kept.bytes === 0 || far <= most) continue;
      farthest = kept;
      most = far;
    }
    if (!farthest) return false;
    this.evict(farthest.part);
    this.#evicted(farthest.part);
    return true;
  }
}

/** Whatever lies behind counts as farther away than anything ahead. */
const FAR_MS = 1e12;

/** The length in bytes of a part's piece. */
export function pieceLength(opened: Opened, piece: number): number {
  return Math.min(opened.pieceSize, opened.length - piece * opened.pieceSize);
}

function claimKey(claim: Claim): string {
  return `${partKey(claim.part)}/${claim.piece}/${claim.from}`;
}

function assemble(parts: readonly Kept[]): ArrayBuffer {
  const whole = new Uint8Array(parts.reduce((sum, kept) => sum + kept.length, 0));
  let at = 0;
  for (const kept of parts) {
    for (const message of kept.pieces) {
      if (!message) continue; // callers look at `missing` first
      whole.set(message.subarray(PIECE_HEADER), at);
      at += message.length - PIECE_HEADER;
    }
  }
  return whole.buffer;
}

// Whole parts and segments that the player fetched itself, on their way to be checked and shared.
//
// What it is: a short queue of bytes whose part is not open yet (the signed record may come a moment later), and the cut into pieces.
// Who calls it: body.ts: offer when the player has fetched, opened after each Open.
// What it owns: copies of what waits, within two bounds.
// What it will never do: trust the bytes: each piece goes the same way as a stranger's.
import type { PartName, SegmentName } from '../player/swarm';
import { pieceLength } from './store';
import type { Opened } from './tape';

/** How long bytes wait for their record. */
export const WAIT_MS = 3000;
/** Bytes that may wait: a few segments of a high bitrate. */
export const WAITING_MAX = 8 << 20;

/** What the parcels ask of the store. */
export interface Shelf {
  opened(part: PartName): Opened | undefined;
  segmentParts(segment: SegmentName): readonly Opened[] | null;
}

interface Parcel {
  readonly name: PartName | SegmentName;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly until: number;
}

export class Parcels {
  #waiting: Parcel[] = []; // oldest first
  #waitingBytes = 0;
  readonly #shelf: Shelf;
  readonly #unpack: (opened: Opened, bytes: Uint8Array) => void;

  /** `unpack` is handed the bytes of one open part, of its right length. */
  constructor(shelf: Shelf, unpack: (opened: Opened, bytes: Uint8Array) => void) {
    this.#shelf = shelf;
    this.#unpack = unpack;
  }

  /** Takes bytes that the caller keeps: what has to wait is copied. */
  offer(name: PartName | SegmentName, bytes: ArrayBuffer, now: number): void {
    if (this.#deliver(name, new Uint8Array(bytes)) || bytes.byteLength > WAITING_MAX) return;
    this.#waiting.push({ name, bytes: new Uint8Array(bytes.slice(0)), until: now + WAIT_MS });
    this.#waitingBytes += bytes.byteLength;
    this.#lapse(now);
  }

  /** Looks again, after parts were opened. */
  opened(now: number): void {
    this.#lapse(now);
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = waiting.filter((parcel) => !this.#deliver(parcel.name, parcel.bytes));
    this.#waitingBytes = this.#waiting.reduce((sum, parcel) => sum + parcel.bytes.length, 0);
  }

  clear(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #lapse(now: number): void {
    for (let oldest = this.#waiting[0]; oldest; oldest = this.#waiting[0]) {
      if (oldest.until > now && this.#waitingBytes <= WAITING_MAX) return;
      this.#waiting.shift();
      this.#waitingBytes -= oldest.bytes.length;
    }
  }

  /** True once nothing is left to wait for, also because the lengths do not agree: then these are other bytes. */
  #deliver(name: PartName | SegmentName, bytes: Uint8Array): boolean {
    const parts = 'seq' in name ? asList(this.#shelf.opened(name)) : this.#shelf.segmentParts(name);
    if (!parts) return false;
    if (parts.reduce((sum, opened) => sum + opened.length, 0) !== bytes.length) return true;
    let at = 0;
    for (const opened of parts) {
      this.#unpack(opened, bytes.subarray(at, at + opened.length));
      at += opened.length;
    }
    return true;
  }
}

/** Calls `each` with the bytes of every piece of a whole part. */
export function cut(opened: Opened, bytes: Uint8Array, each: (piece: number, bytes: Uint8Array) => void): void {
  for (let piece = 0; piece * opened.pieceSize < opened.length; piece++) {
    const at = piece * opened.pieceSize;
    each(piece, bytes.subarray(at, at + pieceLength(opened, piece)));
  }
}

function asList(opened: Opened | undefined): readonly Opened[] | null {
  return opened ? [opened] : null;
}

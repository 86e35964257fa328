// Pieces that the server sends of its own accord to a viewer that seeds.
//
// What it is: what came before it was asked for, and who waits for what is about to come.
// Who calls it: origin.ts asks it before it makes a request; inflows bring it pieces.
// What it owns: one open inflow and one that is being opened; early pieces, within a bound and a time; the waits.
// What it will never do: ask by range, hash, keep anyone waiting for what no inflow is bound to bring.
import type { PartName } from '../player/swarm';
import { partKey } from './bytes';
import { Inflow } from './inflow';
import { PIECE_HEADER } from './wire';

/** How long a fetch waits for what the inflow is bound to bring: little beside the guard, which takes fetches for a measure of the server. */
export const WAIT_MS = 300;
/** Pieces that came early: those of the largest part. */
export const EARLY_MAX = 256;
/** How long they are kept. Their record, which makes the engine ask, comes within a second or never. */
export const EARLY_MS = 8000;
/** After so many waits in vain, one after the other, an inflow is left: it is no help. */
export const LATE_MAX = 3;
/** The most that a fetch from the inflow is made to look like. */
const TRIP_MAX_MS = 1000;

type Message = Uint8Array<ArrayBuffer>;
type Deliver = (piece: number, message: Message) => void;

interface Wait {
  readonly inflow: Inflow;
  readonly left: Set<number>;
  readonly deliver: Deliver;
  settle(): void;
}

/** What a fetch gets here. */
export interface Served {
  /** Pieces to ask for by range, now. */
  readonly others: readonly number[];
  /** Settles soon: pieces that were waited for in vain. */
  readonly missing: Promise<readonly number[]>;
}

export class Stripes {
  readonly #at: (path: string) => string;
  readonly #received: (bytes: number) => void;
  readonly #early = new Map<string, { readonly message: Message; readonly since: number }>(); // oldest first
  readonly #waits = new Map<string, Wait>();
  #epoch = 0; // nothing is streamed while either is 0
  #mask = 0;
  #tracks = 0xff;
  #open: Inflow | null = null;
  #next: Inflow | null = null;
  #late = 0;
  #tripMs = 0;
  #stopped = false;

  /** `at` is the address of a path in the channel's HLS folder; `received` hears of media bytes that came. */
  constructor(at: (path: string) => string, received: (bytes: number) => void) {
    this.#at = at;
    this.#received = received;
  }

  /** How long the last real request took. The engine times its fetches to know how long a rescue would take: one that the
   *  inflow served must not look quicker than the server is. */
  get tripMs(): number {
    return this.#tripMs;
  }

  timed(ms: number): void {
    this.#tripMs = Math.min(ms, TRIP_MAX_MS);
  }

  /** Sets the stripes that are to be streamed: bit k is stripe k. */
  seed(mask: number): void {
    this.#aim(this.#epoch, mask, this.#tracks);
  }

  /** Sets the tracks of which stripes are streamed: bit t is track t. */
  follow(tracks: number): void {
    this.#aim(this.#epoch, this.#mask, tracks);
  }

  /** A part's record was accepted. */
  opened(part: PartName): void {
    this.#aim(Math.max(this.#epoch, part.epoch), this.#mask, this.#tracks);
  }

  /** Serves pieces `from` to `to` - 1 of a part of `count`: early ones now, those that are about to come as they come. */
  serve(part: PartName, from: number, to: number, count: number, deliver: Deliver): Served {
    const others: number[] = [];
    const left = new Set<number>();
    for (let piece = from; piece < to; piece++) {
      const key = keyOf(part, piece);
      const early = this.#early.get(key);
      if (early) {
        this.#early.delete(key);
        deliver(piece, early.message);
      } else if (!this.#waits.has(key) && this.#open?.brings(part, piece, count)) {
        left.add(piece);
      } else {
        others.push(piece); // also who asks a second time: there is no time to wait
      }
    }
    if (!this.#open || left.size === 0) return { others, missing: Promise.resolve([]) };
    return { others, missing: this.#wait(part, { inflow: this.#open, left, deliver, settle: () => undefined }) };
  }

  stop(): void {
    this.#aim(0, 0, 0);
    this.#stopped = true;
    for (const wait of this.#waits.values()) wait.settle();
    this.#early.clear();
  }

  // What inflows say.

  /** An inflow's answer has begun: the one before it is not needed any more. */
  begun(inflow: Inflow, tripMs: number): void {
    this.timed(tripMs);
    if (this.#next !== inflow) return;
    this.#open?.cancel();
    this.#open = inflow;
    this.#next = null;
  }

  came(part: PartName, piece: number, message: Message): void {
    this.#received(message.length - PIECE_HEADER);
    const key = keyOf(part, piece);
    const wait = this.#waits.get(key);
    if (wait) {
      this.#waits.delete(key);
      wait.left.delete(piece);
      wait.deliver(piece, message);
      if (wait.left.size === 0) wait.settle();
    } else if (!this.#stopped && !this.#early.has(key)) {
      const now = performance.now();
      for (const [oldest, { since }] of this.#early) {
        if (this.#early.size < EARLY_MAX && now - since < EARLY_MS) break;
        this.#early.delete(oldest);
      }
      this.#early.set(key, { message, since: now });
    }
  }

  /** An inflow's answer has ended. True if it is to be opened again. */
  ended(inflow: Inflow): boolean {
    if (this.#open === inflow) this.#open = null;
    for (const wait of this.#waits.values()) if (wait.inflow === inflow) wait.settle();
    const wanted = inflow.epoch === this.#epoch && inflow.mask === this.#mask && inflow.tracks === this.#tracks && (!this.#next || this.#next === inflow);
    if (wanted) this.#next = inflow;
    return wanted;
  }

  #aim(epoch: number, mask: number, tracks: number): void {
    if (this.#stopped || (epoch === this.#epoch && mask === this.#mask && tracks === this.#tracks)) return;
    this.#epoch = epoch;
    this.#mask = mask;
    this.#tracks = tracks;
    this.#late = 0;
    this.#next?.cancel();
    this.#next = null;
    if (epoch === 0 || mask === 0) return this.#open?.cancel();
    this.#next = new Inflow(this.#at, { epoch, mask, tracks }, this); // the open one stays till this one is
    void this.#next.run();
  }

  #wait(part: PartName, wait: Wait): Promise<readonly number[]> {
    for (const piece of wait.left) this.#waits.set(keyOf(part, piece), wait);
    return new Promise((resolve) => {
      const timer = setTimeout(() => wait.settle(), WAIT_MS);
      wait.settle = () => {
        clearTimeout(timer);
        wait.settle = () => undefined;
        for (const piece of wait.left) this.#waits.delete(keyOf(part, piece));
        this.#late = wait.left.size === 0 ? 0 : this.#late + 1;
        if (this.#late >= LATE_MAX) {
          this.#late = 0;
          wait.inflow.hang();
        }
        resolve([...wait.left]);
      };
    });
  }
}

function keyOf(part: PartName, piece: number): string {
  return `${partKey(part)}/${piece}`;
}

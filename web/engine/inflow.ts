// One long answer of the server that carries stripes, piece after piece, as they are made.
//
// What it is: the request, made again with growing pauses when it fails; its frames cut; what it is bound to bring.
// Who calls it: stripes.ts.
// What it owns: one request, two timers.
// What it will never do: keep a piece, or go on after cancel().
import type { PartName } from '../player/swarm';
import { MESSAGE_MAX, parsePiece } from './wire';

/** The pause before an inflow that failed is opened again. One that lasted longer than the longest ended in good order. */
export const BACK_FIRST_MS = 1000;
export const BACK_MOST_MS = 8000;
/** With nothing for so long an inflow is dead: two and a half of its empty frames. */
export const QUIET_MS = 25_000;

const STRIPES = 16;
const TRACKS_MAX = 8;
const ALL_TRACKS = 0xff;

type Message = Uint8Array<ArrayBuffer>;

/** What an inflow tells. */
export interface Bank {
  begun(inflow: Inflow, tripMs: number): void;
  came(part: PartName, piece: number, message: Message): void;
  ended(inflow: Inflow): boolean;
}

/** What an inflow is to carry: bit k of the mask is stripe k, bit t of the tracks is track t. */
export interface Course {
  readonly epoch: number;
  readonly mask: number;
  readonly tracks: number;
}

export class Inflow {
  readonly epoch: number;
  readonly mask: number;
  readonly tracks: number;
  readonly #url: string;
  readonly #bank: Bank;
  readonly #life = new AbortController();
  #answer = new AbortController();
  #from: readonly number[] = []; // by track: parts from this seq on are carried
  #last: { readonly seq: number; readonly piece: number }[] = []; // by track, the newest piece that came

  constructor(at: (path: string) => string, { epoch, mask, tracks }: Course, bank: Bank) {
    this.epoch = epoch;
    this.mask = mask;
    this.tracks = tracks;
    this.#bank = bank;
    const some = tracks === ALL_TRACKS ? '' : `?tracks=${tracks.toString(16).padStart(2, '0')}`;
    this.#url = at(`/${epoch}/stripes/${mask.toString(16).padStart(4, '0')}${some}`);
  }

  /** Opens the answer again and again, until cancel(), until another inflow is wanted, or if the server has none. */
  async run(): Promise<void> {
    for (let backMs = 0; ; ) {
      const began = performance.now();
      const end = await this.#read();
      if (this.#life.signal.aborted || end === 'none' || !this.#bank.ended(this)) return;
      if (performance.now() - began > BACK_MOST_MS) {
        backMs = 0;
        if (end === 'over') continue;
      }
      backMs = Math.min(Math.max(2 * backMs, BACK_FIRST_MS), BACK_MOST_MS);
      await new Promise((done) => setTimeout(done, backMs));
      if (this.#life.signal.aborted) return;
    }
  }

  /** Ends the inflow. */
  cancel(): void {
    this.#life.abort();
    this.#answer.abort();
    this.#bank.ended(this);
  }

  /** Ends the answer: it is opened again after a pause. */
  hang(): void {
    this.#answer.abort();
  }

  /** Whether a piece that is not here will come: it travels on the stripes, its part is none of those from before the answer,
   *  and none that comes after it is here. */
  brings(part: PartName, piece: number, count: number): boolean {
    const from = this.#from[part.track];
    if (part.epoch !== this.epoch || from === undefined || part.seq < from || !(this.tracks & (1 << part.track))) return false;
    const last = this.#last[part.track];
    if (last && (part.seq < last.seq || (part.seq === last.seq && piece <= last.piece))) return false;
    return (this.mask & (1 << Math.floor((piece * STRIPES) / count))) !== 0;
  }

  /** Reads one answer to its end: in good order, broken, or because there is none. */
  async #read(): Promise<'over' | 'broken' | 'none'> {
    const answer = new AbortController();
    this.#answer = answer;
    let quiet = setTimeout(() => answer.abort(), QUIET_MS);
    try {
      const began = performance.now();
      const response = await fetch(this.#url, { signal: answer.signal, cache: 'no-store' });
      if (response.status === 404) return 'none';
      const from = parseFrom(response.headers.get('Shoal-From'));
      if (!response.ok || !response.body || !from || this.#life.signal.aborted) return 'broken';
      this.#from = from;
      this.#last = [];
      this.#bank.begun(this, performance.now() - began);
      const frames = new Frames((message) => this.#take(message));
      const reader = response.body.getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (answer.signal.aborted) return 'broken';
        if (done) return 'over';
        clearTimeout(quiet);
        quiet = setTimeout(() => answer.abort(), QUIET_MS);
        frames.take(value);
      }
    } catch {
      return 'broken'; // no network, cut off, or malformed: all the same here
    } finally {
      clearTimeout(quiet);
      answer.abort(); // an answer that is not to the point is not read on
    }
  }

  #take(message: Message): void {
    const name = parsePiece(message);
    if (!name) throw new Error('a frame that is no piece');
    this.#last[name.part.track] = { seq: name.part.seq, piece: name.piece };
    this.#bank.came(name.part, name.piece, message);
  }
}

/** Cuts frames, each behind its length, out of bytes as they come. Empty ones only say that the server is there. */
export class Frames {
  readonly #frame: (message: Message) => void;
  #length = 0;
  #filled = 0; // of the length, and then of the message
  #message: Message | null = null;

  constructor(frame: (message: Message) => void) {
    this.#frame = frame;
  }

  /** Throws if a frame is longer than any message. */
  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += this.#message ? this.#fill(this.#message, bytes.subarray(at)) : this.#count(bytes[at] ?? 0);
  }

  #count(byte: number): number {
    this.#length = this.#length * 256 + byte;
    if (++this.#filled < 4) return 1;
    if (this.#length > MESSAGE_MAX) throw new Error('a frame is too long');
    if (this.#length > 0) this.#message = new Uint8Array(this.#length);
    this.#length = this.#filled = 0;
    return 1;
  }

  #fill(message: Message, bytes: Uint8Array): number {
    const some = bytes.subarray(0, message.length - this.#filled);
    message.set(some, this.#filled);
    this.#filled += some.length;
    if (this.#filled === message.length) {
      this.#message = null;
      this.#filled = 0;
      this.#frame(message);
    }
    return some.length;
  }
}

/** The seq of the first part of each track that an answer carries, or null. */
function parseFrom(text: string | null): readonly number[] | null {
  if (!text || !/^\d{1,16}(,\d{1,16})*$/.test(text)) return null;
  const from = text.split(',').map(Number);
  return from.length <= TRACKS_MAX ? from : null;
}

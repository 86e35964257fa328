// Pieces from the server: by HTTP range, and of seeded stripes by inflow.
//
// What it is: one request per Fetch, cut into pieces while it arrives; none for what the inflow brings.
// Who calls it: body.ts.
// What it owns: the running requests, within a bound, each with its time limit; the stripes.
// What it will never do: retry, hash, wait longer than it was told.
import { withToken } from '../player/address';
import type { PartName } from '../player/swarm';
import { RECORD_MAX } from './signal';
import { pieceLength } from './store';
import { Stripes } from './stripes';
import type { FetchOrder, Opened, RecordOrder } from './tape';
import { Turns, type Run, type Stock } from './turns';
import { PIECE_HEADER, pieceMessage } from './wire';

/** Requests at once; the engine's own limit is lower. */
const REQUESTS_MAX = 24;

/** What a fetch tells. */
export interface Delivery extends Stock {
  piece(part: PartName, piece: number, message: Uint8Array<ArrayBuffer>): void;
  /** A part's record. */
  record(record: Uint8Array<ArrayBuffer>): void;
  /** Media bytes came from the server, also such as were of no use. */
  received(bytes: number): void;
  done(ref: number, failed: boolean): void;
}

export class Origin {
  readonly #at: (path: string) => string;
  readonly #delivery: Delivery;
  readonly #running = new Set<AbortController>();
  readonly #stripes: Stripes;
  readonly #turns: Turns;

  constructor(base: string, name: string, delivery: Delivery, token = '') {
    this.#at = (path) => withToken(`${base}/hls/${encodeURIComponent(name)}${path}`, token);
    this.#delivery = delivery;
    this.#stripes = new Stripes(this.#at, (bytes) => delivery.received(bytes));
    this.#turns = new Turns((run, signal) => this.#run(run, signal), delivery);
  }

  /** Sets the stripes that the server is to send of its own accord: bit k is stripe k. */
  seed(stripes: number): void {
    this.#stripes.seed(stripes);
  }

  /** Sets the tracks of which stripes are sent: bit t is track t. */
  follow(tracks: number): void {
    this.#stripes.follow(tracks);
  }

  /** A part's record was accepted. */
  opened(part: PartName): void {
    this.#stripes.opened(part);
  }

  /** The player fetches a part itself, or has it: what waits for its turn may have become needless. */
  look(): void {
    this.#turns.go();
  }

  /** Fetches the ordered pieces. done follows, later and once, unless stop() comes first. */
  async fetch(order: FetchOrder, opened: Opened | undefined): Promise<void> {
    const controller = new AbortController();
    const full = this.#running.size >= REQUESTS_MAX;
    const timer = setTimeout(() => controller.abort(), order.withinMs);
    this.#running.add(controller);
    let failed = true;
    try {
      if (opened && !full) failed = !(await this.#pieces(order, opened, controller.signal));
    } catch {
      // as of a request
    }
    clearTimeout(timer);
    if (this.#running.delete(controller)) this.#delivery.done(order.ref, failed);
    controller.abort(); // a body longer than asked for is not read on
  }

  /** Asks for a part's record, which the server holds back till it is made. done follows, as of fetch. */
  async fetchRecord({ ref, part, withinMs }: RecordOrder): Promise<void> {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), withinMs);
    this.#running.add(controller);
    let record: Uint8Array<ArrayBuffer> | null = null;
    try {
      const response = await fetch(this.#at(`/${part.epoch}/${part.track}/m${part.seq}`), { signal: controller.signal });
      const bytes = response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
      if (bytes && bytes.length <= RECORD_MAX) record = bytes;
    } catch {
      // as of a request
    }
    clearTimeout(timer);
    if (!this.#running.delete(controller)) return;
    if (record) this.#delivery.record(record);
    this.#delivery.done(ref, record === null);
  }

  /** Ends all requests; no done follows. */
  stop(): void {
    const running = [...this.#running];
    this.#running.clear();
    this.#stripes.stop();
    this.#turns.stop();
    for (const controller of running) controller.abort();
  }

  /** True when all ordered pieces were delivered: by inflow what it brings, all others by range. */
  async #pieces(order: FetchOrder, opened: Opened, signal: AbortSignal): Promise<boolean> {
    const began = performance.now();
    const count = Math.ceil(opened.length / opened.pieceSize);
    const deliver = (piece: number, message: Uint8Array<ArrayBuffer>): void => {
      if (!signal.aborted) this.#delivery.piece(order.part, piece, message);
    };
    const { others, missing } = this.#stripes.serve(order.part, order.from, order.to, count, deliver);
    const aside = this.#ranges(opened, others, signal);
    const late = await missing;
    const all = await Promise.all([aside, this.#ranges(opened, late, signal)]);
    // Timers of a hidden page are up to a second late, which would make the server look slow.
    const hidden = globalThis.document?.hidden;
    if (others.length + late.length === 0 && !hidden) await rest(began + this.#stripes.tripMs - performance.now());
    return !signal.aborted && all.every((brought) => brought);
  }

  /** Asks for pieces, each run of neighbours in one request. */
  async #ranges(opened: Opened, pieces: readonly number[], signal: AbortSignal): Promise<boolean> {
    let brought = true;
    for (const { from, to } of runs(pieces)) {
      if (signal.aborted) return false;
      brought = (await this.#turns.ask({ opened, from, to }, signal)) && brought;
    }
    return brought;
  }

  /** True when all pieces of the run were delivered. It rejects when the request is refused, cut off or out of time: all the same to the engine. */
  async #run(run: Run, signal: AbortSignal): Promise<boolean> {
    const { opened } = run;
    const { epoch, track, seq } = opened.part;
    const first = run.from * opened.pieceSize;
    const end = Math.min(run.to * opened.pieceSize, opened.length);
    const began = performance.now();
    const whole = first === 0 && end === opened.length;
    const response = await fetch(this.#at(`/${epoch}/${track}/p${seq}.m4s`), {
      signal,
      // The store is the cache; and the browser's own lets only one request at a time ask for a file.
      cache: 'no-store',
      ...(whole ? {} : { headers: { Range: `bytes=${first}-${end - 1}` } }),
    });
    const ranged = response.status === 206;
    if (!response.body || (response.status !== 200 && !ranged)) return false;
    if (ranged && !response.headers.get('Content-Range')?.startsWith(`bytes ${first}-`)) return false;
    const cutter = new Cutter(run, ranged ? 0 : first, this.#delivery);
    const reader = response.body.getReader();
    while (!cutter.done && !signal.aborted) {
      const { value, done } = await reader.read();
      if (done) break;
      this.#delivery.received(value.length);
      cutter.take(value);
    }
    if (cutter.done) this.#stripes.timed(performance.now() - began);
    return cutter.done;
  }
}

/** The runs of neighbours among pieces in order. */
function runs(pieces: readonly number[]): { from: number; to: number }[] {
  const all: { from: number; to: number }[] = [];
  for (const piece of pieces) {
    const last = all.at(-1);
    if (last?.to === piece) last.to++;
    else all.push({ from: piece, to: piece + 1 });
  }
  return all;
}

function rest(ms: number): Promise<void> | undefined {
  return ms > 0 ? new Promise((done) => setTimeout(done, ms)) : undefined;
}

/** Fills pieces from a stream of bytes, in order. */
class Cutter {
  readonly #run: Run;
  readonly #delivery: Delivery;
  #skip: number;
  #piece: number;
  #message: Uint8Array<ArrayBuffer> | null = null;
  #filled = 0;

  /** The first `skip` bytes are before what was ordered: a server may answer a range with everything. */
  constructor(run: Run, skip: number, delivery: Delivery) {
    this.#run = run;
    this.#skip = skip;
    this.#delivery = delivery;
    this.#piece = run.from;
  }

  get done(): boolean {
    const { opened, to } = this.#run;
    return this.#piece >= to || this.#piece * opened.pieceSize >= opened.length;
  }

  take(bytes: Uint8Array): void {
    let at = Math.min(this.#skip, bytes.length);
    this.#skip -= at;
    while (at < bytes.length && !this.done) {
      const { opened } = this.#run;
      const size = pieceLength(opened, this.#piece);
      this.#message ??= pieceMessage(opened.part, this.#piece, new Uint8Array(size));
      const some = bytes.subarray(at, at + size - this.#filled);
      this.#message.set(some, PIECE_HEADER + this.#filled);
      this.#filled += some.length;
      at += some.length;
      if (this.#filled === size) this.#finish(this.#message);
    }
  }

  #finish(message: Uint8Array<ArrayBuffer>): void {
    const piece = this.#piece++;
    this.#message = null;
    this.#filled = 0;
    this.#delivery.piece(this.#run.opened.part, piece, message);
  }
}

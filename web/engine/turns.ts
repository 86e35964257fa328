// Whose request goes to the server next.
//
// What it is: a few requests at once, the earliest part first; those for one part that still wait become one, less what came meanwhile.
// Who calls it: origin.ts.
// What it owns: the requests that wait, as many as the engine has under way at most.
// What it will never do: make a request, or decide what is needed.
import type { PartName } from '../player/swarm';
import type { Opened } from './tape';

/**
 * Requests at once. Browsers open six connections to a host over HTTP/1.1. One carries the inflow, two are for what the player asks itself. More
 * than the rest would only wait in the browser, where nothing can be said any more of what has become needless: on a device that has too much
 * to do, requests then wait for seconds, of which most were made because others waited.
 */
export const AT_ONCE_MAX = 3;
/** The longest part of which one request takes all that is asked between first and last piece: so much media costs less than another request. */
const ONE_BYTES = 64 << 10;

/** Pieces `from` to `to` - 1 of a part. */
export interface Run {
  readonly opened: Opened;
  readonly from: number;
  readonly to: number;
}

/** What came, or comes, another way. */
export interface Stock {
  /** Whether a piece is here by now. */
  here(part: PartName, piece: number): boolean;
  /** Until when the player may be fetching the part itself, as performance.now() has it; 0: it is not. */
  awaited(part: PartName): number;
}

interface Asker {
  readonly signal: AbortSignal;
  readonly resolve: (brought: boolean) => void;
}

interface Turn {
  run: Run;
  readonly askers: Asker[];
}

export class Turns {
  readonly #make: (run: Run, signal: AbortSignal) => Promise<boolean>;
  readonly #stock: Stock;
  #waiting: Turn[] = [];
  #running = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `make` makes a request: true if it brought all. */
  constructor(make: (run: Run, signal: AbortSignal) => Promise<boolean>, stock: Stock) {
    this.#make = make;
    this.#stock = stock;
  }

  /** Asks for a run when it is its turn. True if all of it came, false also when `signal` aborts. It never rejects. */
  ask(run: Run, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve(false);
      signal.addEventListener('abort', () => resolve(false), { once: true });
      const asker = { signal, resolve };
      const same = this.#waiting.find((turn) => joins(turn.run, run));
      if (same) {
        same.run = { opened: run.opened, from: Math.min(same.run.from, run.from), to: Math.max(same.run.to, run.to) };
        same.askers.push(asker);
      } else {
        this.#waiting.push({ run, askers: [asker] });
      }
      this.go();
    });
  }

  /** Makes the requests whose turn it is. To be called also when less is awaited than was. */
  go(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    const until = ({ run }: Turn): number => this.#stock.awaited(run.opened.part);
    while (this.#running < AT_ONCE_MAX) {
      const [turn] = this.#waiting.filter((one) => until(one) <= now).sort((a, b) => order(a.run, b.run));
      if (!turn) break;
      this.#waiting = this.#waiting.filter((other) => other !== turn);
      this.#take(turn);
    }
    const next = Math.min(...this.#waiting.map(until).filter((at) => at > now));
    if (next < Infinity) this.#timer = setTimeout(() => this.go(), next - now);
  }

  /** Nothing is asked any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #take({ run, askers }: Turn): void {
    const left = this.#trimmed(run);
    const alive = askers.filter(({ signal }) => !signal.aborted);
    if (alive.length > 0 && left.from < left.to) return void this.#request(left, alive);
    for (const { resolve } of alive) resolve(true);
  }

  async #request(run: Run, askers: readonly Asker[]): Promise<void> {
    this.#running++;
    const request = new AbortController();
    const give = (): void => {
      if (askers.every(({ signal }) => signal.aborted)) request.abort();
    };
    for (const { signal } of askers) signal.addEventListener('abort', give, { once: true });
    const brought = await this.#make(run, request.signal).catch(() => false);
    this.#running--;
    for (const { resolve } of askers) resolve(brought);
    this.go();
  }

  /** Less what is here at its ends. */
  #trimmed(run: Run): Run {
    let { from, to } = run;
    const { part } = run.opened;
    while (from < to && this.#stock.here(part, from)) from++;
    while (from < to && this.#stock.here(part, to - 1)) to--;
    return { ...run, from, to };
  }
}

/** Whether one request does for both: of the same part, and touching or as good as that. */
function joins(a: Run, b: Run): boolean {
  const { epoch, track, seq } = a.opened.part;
  const { part, length } = b.opened;
  if (part.epoch !== epoch || part.track !== track || part.seq !== seq) return false;
  return length <= ONE_BYTES || (a.from <= b.to && b.from <= a.to);
}

function order(a: Run, b: Run): number {
  return a.opened.part.epoch - b.opened.part.epoch || a.opened.part.seq - b.opened.part.seq;
}

// Which parts are out, and who waits for the next.
//
// What it is: the newest part of each track, and promises that it settles.
// Who calls it: tracker.ts with what the tracker says; the player waits.
// What it owns: the edges and the waiting, within a bound.
// What it will never do: reject; keep somebody waiting when no notice can come.

/** Promises that may be open: a few per playlist, and a page has two or three playlists. */
const WAITERS_MAX = 64;

interface Waiter {
  readonly track: number;
  readonly msn: number;
  readonly part: number;
  settle(out: boolean): void;
}

export class Edges {
  readonly #edges = new Map<number, { msn: number; part: number }>();
  readonly #waiters = new Set<Waiter>();

  moved(track: number, msn: number, part: number): void {
    const edge = this.#edges.get(track);
    if (edge && !behind(edge, msn, part)) return;
    this.#edges.set(track, { msn, part });
    for (const waiter of [...this.#waiters]) if (this.#out(waiter)) waiter.settle(true);
  }

  /** True once the part or a later one is out; false after silence() or abort, or if too many wait. */
  waitFor(track: number, msn: number, part: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (this.#out({ track, msn, part })) return Promise.resolve(true);
    if (this.#waiters.size >= WAITERS_MAX) return Promise.resolve(false);
    return new Promise((resolve) => {
      const aborted = (): void => waiter.settle(false);
      const waiter: Waiter = {
        track, msn, part,
        settle: (out) => {
          this.#waiters.delete(waiter);
          signal.removeEventListener('abort', aborted);
          resolve(out);
        },
      };
      this.#waiters.add(waiter);
      signal.addEventListener('abort', aborted);
    });
  }

  /** No notice comes any more: nobody waits longer. What is out stays out. */
  silence(): void {
    for (const waiter of [...this.#waiters]) waiter.settle(false);
  }

  #out(asked: { readonly track: number; readonly msn: number; readonly part: number }): boolean {
    const edge = this.#edges.get(asked.track);
    return edge !== undefined && !behind(edge, asked.msn, asked.part);
  }
}

/** Whether an edge has not reached a part. A part below 0 is reached with its segment. */
function behind(edge: { readonly msn: number; readonly part: number }, msn: number, part: number): boolean {
  return edge.msn < msn || (edge.msn === msn && edge.part < part);
}

// A picture that stands still: when the server is asked about it, and what no answer means. Pure: the caller keeps the time.

/** Standing still for longer than this is said aloud. */
export const STALL_TOLD_MS = 400;
/** After so long it is the streamer's line that is down rather than the viewer's, though the server may not know it yet. */
export const SILENT_MS = 5_000;
/** After so long the server is asked, and up to half of it later: all viewers of a channel stand still at once. */
const STALL_ASKED_MS = 1_000;

export class Silence {
  readonly #patienceMs: number;
  #askedAt = -Infinity;
  #heardAt = -Infinity;
  #missedAt = -Infinity;

  /** `chance` is from 0 to 1. */
  constructor(chance: number) {
    this.#patienceMs = STALL_ASKED_MS * (1 + chance / 2);
  }

  asks(now: number): void {
    this.#askedAt = now;
  }

  /** An answer came, or is waited for no longer. */
  hears(answered: boolean, now: number): void {
    if (answered) this.#heardAt = now;
    else this.#missedAt = now;
  }

  /** The server is to be asked at once: it was not yet since the picture stands still. What follows is left to the caller's timer. */
  due(stillMs: number, now: number): boolean {
    return stillMs >= this.#patienceMs && this.#askedAt < now - stillMs;
  }

  /** The server was asked since the picture stands still (Infinity: since ever), and does not answer. */
  unanswered(stillMs: number, now: number): boolean {
    const since = now - stillMs;
    return this.#missedAt > Math.max(since, this.#heardAt) || (stillMs >= SILENT_MS && this.#askedAt >= since && this.#heardAt < since);
  }
}

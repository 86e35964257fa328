// How long the player waits for others before it helps itself. Pure.

/** The longest that the swarm may think about a part, whatever lies in the buffer. */
export const WANT_MAX_MS = 2_000;
/** The shortest: below it the swarm could never answer, even with the part at hand. */
export const WANT_MIN_MS = 100;
/** What must be left in the buffer when the player turns to the server: a transfer takes this long on a poor line. */
export const RESERVE_MS = 900;

/**
 * How long to wait for the swarm with `bufferMs` ahead. The engine asks the server itself when as little as half a second is left, which is late for a
 * page whose machine is busy: then all of a part comes by HTTP though its rest may be under way, and the picture goes on.
 */
export function wantPatience(bufferMs: number): number {
  return Math.min(Math.max(bufferMs - RESERVE_MS, WANT_MIN_MS), WANT_MAX_MS);
}

/** So long the player helps itself after the swarm let it run down to RESERVE_MS. */
const HASTE_MS = 6_000;

/**
 * The patience of a picture that is live. One that has run down stays so if it goes on waiting for others down to the last moment: all it gets then
 * comes just in time, or after it. So it turns to the server for a while, and what it gets there others have from it.
 */
export class Patience {
  #hasteUntil = -Infinity;

  /** How long to wait for the swarm now, with `bufferMs` ahead. */
  now(bufferMs: number, now: number): number {
    return now < this.#hasteUntil ? WANT_MIN_MS : wantPatience(bufferMs);
  }

  /** The swarm was waited for in vain, and so much is ahead now. */
  vain(bufferMs: number, now: number): void {
    if (bufferMs <= RESERVE_MS && now >= this.#hasteUntil) this.#hasteUntil = now + HASTE_MS;
  }
}

/** Of a recording nothing is pressing while so much is ahead: neighbours are waited for, and then the server sends a whole segment. */
const AMPLE_MS = 8_000;
const RECORDED_WANT_MAX_MS = 4_000;

/** wantPatience of a recording. */
export function recordedPatience(bufferMs: number): number {
  return Math.min(Math.max(bufferMs - AMPLE_MS, WANT_MIN_MS), RECORDED_WANT_MAX_MS);
}

/** Edges that did not come in a row, until the tracker is no longer believed. */
const MISSES_MAX = 2;
/** How long it is not believed then. */
const DISTRUST_MS = 15_000;
/** An answer within this time was ready before it was asked for: the notice was lost, not late. */
const READY_MS = 60;

/** Whether to wait for notices of new parts: a tracker that is connected but silent must not slow the picture. */
export class EdgeTrust {
  #misses = 0;
  #until = -Infinity;

  believed(now: number): boolean {
    return now >= this.#until;
  }

  came(): void {
    this.#misses = 0;
  }

  /** No notice came, and the server answered the blocking reload after `answerMs`. */
  missed(answerMs: number, now: number): void {
    if (answerMs > READY_MS) return; // the part really was late
    this.#misses++;
    if (this.#misses < MISSES_MAX) return;
    this.#misses = 0;
    this.#until = now + DISTRUST_MS;
  }
}

/** How long the record of a part may take that is known to be out: it is checked, and may come from a neighbour. */
export const RECORD_LATE_MS = 700;
/** How many part durations a notice may be late before the player asks the server instead. */
const EDGE_LATE_PARTS = 3;

export function edgePatience(partTargetS: number): number {
  return Math.min(Math.max(partTargetS * EDGE_LATE_PARTS * 1000, 500), 3_000);
}

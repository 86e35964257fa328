// When the picture can spare the machine: loading the engine takes it away from a player that has just begun. Pure.

/** So much ahead is calm. */
const AHEAD_MS = 1_500;
/** So long after the first frame a picture that moves at all is, on a machine that is quick. */
const WITHIN_MS = 8_000;
/** A first frame that took longer says that the machine is busy, maybe with pages like this one: then each waits for a while of its own, up to so
 * many times as long, and no longer than the most. */
const SLOW_MS = 2_000;
const SPREAD = 4;
const SPREAD_MS_MAX = 40_000;

export class Calm {
  readonly #chance: () => number;
  #beganAt = 0;
  #framedAt: number | null = null;
  #heldMs = 0;
  #withinMs = WITHIN_MS;
  #said = false;

  /** `chance` is from 0 to 1, another each time. */
  constructor(chance: () => number) {
    this.#chance = chance;
  }

  /** A source begins. */
  begins(now: number): void {
    this.#beganAt = now;
    this.#framedAt = null;
    this.#said = false;
  }

  /** The picture moves, with so much ahead. True once a source. */
  moves(bufferMs: number, now: number): boolean {
    if (this.#framedAt === null) {
      this.#framedAt = now;
      const took = now - this.#beganAt;
      const spreadMs = took > SLOW_MS ? Math.min(SPREAD * took, SPREAD_MS_MAX) : 0;
      this.#heldMs = this.#chance() * spreadMs;
      this.#withinMs = Math.max(WITHIN_MS, spreadMs);
    }
    const moved = now - this.#framedAt;
    if (this.#said || moved < this.#heldMs || (bufferMs < AHEAD_MS && moved < this.#withinMs)) return false;
    this.#said = true;
    return true;
  }
}

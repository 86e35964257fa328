// When the picture can spare the machine: loading the engine takes it away from a player that has just begun. Pure.

/** So much ahead is calm. */
const AHEAD_MS = 1_500;
/** So long after the first frame a picture that moves at all is. */
const WITHIN_MS = 8_000;

export class Calm {
  #framedAt: number | null = null;
  #said = false;

  /** Another source begins. */
  reset(): void {
    this.#framedAt = null;
    this.#said = false;
  }

  /** The picture moves, with so much ahead. True once a source. */
  moves(bufferMs: number, now: number): boolean {
    this.#framedAt ??= now;
    if (this.#said || (bufferMs < AHEAD_MS && now - this.#framedAt < WITHIN_MS)) return false;
    this.#said = true;
    return true;
  }
}

// When the picture can spare the machine: loading the engine takes it away from a player that has just begun. Pure.

/** So much ahead is calm. */
const AHEAD_MS = 1_500;
/** Browsers say four times a second where the picture is. What comes later than this says that the machine is busy. */
const PROMPT_MS = 400;
/** So many prompt words in a row are calm. */
const PROMPT_ROW = 2;
/** Pages that were slowed down by each other would also be calm together: each waits a part of this, by chance. */
const SPREAD_MS = 4_000;
/** So long after the first frame a picture that moves at all is as calm as it will be. */
const WITHIN_MS = 12_000;

export class Calm {
  readonly #chance: number;
  #framedAt: number | null = null;
  #movedAt = 0;
  #row = 0;
  #busy = false;
  #calmAt: number | null = null;
  #said = false;

  /** `chance` is drawn from 0 to 1. */
  constructor(chance: number) {
    this.#chance = chance;
  }

  /** Another source begins. */
  reset(): void {
    this.#framedAt = this.#calmAt = null;
    this.#said = this.#busy = false;
    this.#row = 0;
  }

  /** The picture moves, with so much ahead. True once a source. */
  moves(bufferMs: number, now: number): boolean {
    if (this.#said) return false;
    this.#framedAt ??= this.#movedAt = now;
    const prompt = now - this.#movedAt <= PROMPT_MS;
    this.#movedAt = now;
    this.#row = prompt ? this.#row + 1 : 0;
    this.#busy ||= !prompt;
    const calm = bufferMs >= AHEAD_MS && this.#row >= PROMPT_ROW;
    this.#calmAt = calm ? this.#calmAt ?? now : null;
    const rested = this.#calmAt !== null && now - this.#calmAt >= (this.#busy ? this.#chance * SPREAD_MS : 0);
    this.#said = rested || now - this.#framedAt >= WITHIN_MS;
    return this.#said;
  }
}

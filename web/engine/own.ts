// Parts that the player fetches itself, as it would wait for others no longer.
//
// What it is: a note for each, for as long as a transfer may take, and for a moment after it while its pieces are looked at.
// Who calls it: body.ts notes them; requests of the engine's for the same part wait meanwhile.
// What it owns: the notes, within a bound.
// What it will never do: read a clock.
import type { PartName } from '../player/swarm';
import { partKey } from './bytes';

/** What a transfer may take. A player that turned elsewhere, and fetches nothing, holds up nothing for longer. */
export const FETCH_MS = 1_500;
/** What it takes until pieces are checked. */
export const CHECK_MS = 100;
/** Parts at once: the player asks for one per track, and for a few right after a jump. */
const OWN_MAX = 64;

export class Own {
  readonly #until = new Map<string, number>(); // oldest first

  fetches(part: PartName, now: number): void {
    this.#note(part, now + FETCH_MS);
  }

  has(part: PartName, now: number): void {
    this.#note(part, now + CHECK_MS);
  }

  /** Until when a part may be on its way; 0: it is not. */
  awaited(part: PartName): number {
    return this.#until.get(partKey(part)) ?? 0;
  }

  #note(part: PartName, until: number): void {
    const key = partKey(part);
    this.#until.delete(key);
    this.#until.set(key, until);
    for (const oldest of this.#until.keys()) {
      if (this.#until.size <= OWN_MAX) break;
      this.#until.delete(oldest);
    }
  }
}

// Who waits for the record of which part.
//
// What it is: promises that settle when a part is opened: its record was accepted.
// Who calls it: body.ts.
// What it owns: the promises, within a bound.
// What it will never do: reject; know a part that is not open.
import type { PartName, SignedPart } from '../player/swarm';
import { partKey } from './bytes';

/** Waits at once: the player has one for each playlist. */
export const WAITS_MAX = 32;

export class SignedParts {
  readonly #waits = new Map<string, Set<(part: SignedPart | null) => void>>();
  readonly #opened: (part: PartName) => SignedPart | undefined;
  #waiting = 0;

  constructor(opened: (part: PartName) => SignedPart | undefined) {
    this.#opened = opened;
  }

  wait(part: PartName, signal: AbortSignal): Promise<SignedPart | null> {
    const here = this.#opened(part);
    if (here || signal.aborted || this.#waiting >= WAITS_MAX) return Promise.resolve(here ?? null);
    const key = partKey(part);
    const waits = this.#waits.get(key) ?? new Set();
    this.#waits.set(key, waits);
    this.#waiting++;
    return new Promise((resolve) => {
      const aborted = (): void => settle(null);
      const settle = (signed: SignedPart | null): void => {
        signal.removeEventListener('abort', aborted);
        waits.delete(settle);
        this.#waiting--;
        if (waits.size === 0) this.#waits.delete(key);
        resolve(signed);
      };
      waits.add(settle);
      signal.addEventListener('abort', aborted);
    });
  }

  opened(part: SignedPart): void {
    for (const settle of [...(this.#waits.get(partKey(part.part)) ?? [])]) settle(part);
  }

  /** Nothing will be opened any more. */
  clear(): void {
    for (const waits of [...this.#waits.values()]) for (const settle of [...waits]) settle(null);
  }
}

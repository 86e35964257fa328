// What the player asked for and waits for.
//
// What it is: one entry per wanted part, however many ask; each asker's promise settles once and never rejects.
// Who calls it: body.ts.
// What it owns: the promises, within a bound.
// What it will never do: keep an asker longer than WANT_MS, whatever the engine does.
import type { PartName } from '../player/swarm';
import { partKey } from './bytes';

/** Wanted parts at once: the player asks for one per track, and for a few right after a jump. */
export const WANTS_MAX = 64;
/** The engine answers by the part's deadline. This is only for one that does not. */
export const WANT_MS = 15_000;

interface Want {
  readonly settle: Set<(bytes: ArrayBuffer | null) => void>;
  readonly lapse: ReturnType<typeof setTimeout>;
}

export class Wants {
  readonly #wants = new Map<string, Want>();

  /** `begin` is called if nobody waits for this part yet. */
  ask(part: PartName, signal: AbortSignal, begin: () => void): Promise<ArrayBuffer | null> {
    const key = partKey(part);
    let want = this.#wants.get(key);
    if (signal.aborted || (!want && this.#wants.size >= WANTS_MAX)) return Promise.resolve(null);
    const fresh = !want;
    want ??= { settle: new Set(), lapse: setTimeout(() => this.settle(part, () => null), WANT_MS) };
    this.#wants.set(key, want);
    const { settle } = want;
    const answer = new Promise<ArrayBuffer | null>((resolve) => {
      const done = (bytes: ArrayBuffer | null): void => {
        settle.delete(done); // the entry stays: the engine will answer, and is not asked twice
        signal.removeEventListener('abort', aborted);
        resolve(bytes);
      };
      const aborted = (): void => done(null);
      signal.addEventListener('abort', aborted);
      settle.add(done);
    });
    if (fresh) begin();
    return answer;
  }

  /** Answers all who wait for a part, each with a buffer of its own. */
  settle(part: PartName, bytes: () => ArrayBuffer | null): void {
    const key = partKey(part);
    const want = this.#wants.get(key);
    if (!want) return;
    this.#wants.delete(key);
    clearTimeout(want.lapse);
    for (const done of [...want.settle]) done(bytes());
  }

  /** Answers everybody with nothing. */
  clear(): void {
    const wants = [...this.#wants.values()];
    this.#wants.clear();
    for (const want of wants) {
      clearTimeout(want.lapse);
      for (const done of [...want.settle]) done(null);
    }
  }
}

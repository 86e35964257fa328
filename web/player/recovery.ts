// What to do after hls.js gave up on something. Pure: the caller keeps the time.

/** What went wrong: `network` (something could not be fetched) or `media` (something could not be decoded). */
export type Failure = 'network' | 'media';

export type Remedy =
  | { readonly do: 'repair' } // let hls.js rebuild its buffers
  | { readonly do: 'rebuild'; readonly afterMs: number; readonly tell: boolean }; // load on, or begin again

/** A second repair sooner than this would repeat what did not help. */
const REPAIR_EVERY_MS = 8_000;
/** Waits before each rebuild in a row; the last one repeats. */
const REBUILD_AFTER_MS = [300, 1_000, 2_000, 4_000, 8_000, 10_000] as const;
/** A picture that moved so long after the last failure has recovered. */
const STEADY_MS = 10_000;
/** Rebuilds in a row before the viewer is told: about seven seconds of trying. */
const TELL_AFTER = 4;

export class Recovery {
  #repairedAt = -Infinity;
  #rebuilds = 0;
  #failedAt = -Infinity;

  failed(failure: Failure, now: number): Remedy {
    this.#failedAt = now;
    if (failure === 'media' && now - this.#repairedAt >= REPAIR_EVERY_MS) {
      this.#repairedAt = now;
      return { do: 'repair' };
    }
    const last = REBUILD_AFTER_MS.length - 1;
    const afterMs = REBUILD_AFTER_MS[Math.min(this.#rebuilds, last)] ?? 0;
    this.#rebuilds++;
    return { do: 'rebuild', afterMs, tell: this.#rebuilds > TELL_AFTER };
  }

  /** The picture moves: from a rest of the buffer, perhaps, so that only time tells. */
  moves(now: number): void {
    if (now - this.#failedAt >= STEADY_MS) this.#rebuilds = 0;
  }

  /** The viewer asked to try again: as if nothing had been. */
  forget(): void {
    this.#rebuilds = 0;
  }
}

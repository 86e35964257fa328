// What to do after hls.js gave up on something. Pure: the caller keeps the time.

/** What went wrong: `network` (something could not be fetched), `media` (something could not be decoded), `source` (so that hls.js gave up repairing). */
export type Failure = 'network' | 'media' | 'source';

export type Remedy =
  | { readonly do: 'nothing' } // a rebuild is on its way: one death tells of itself many times
  | { readonly do: 'repair'; readonly withinMs: number } // let hls.js rebuild its buffers; a picture that does not move by then has failed again
  | { readonly do: 'rebuild'; readonly afterMs: number; readonly tell: boolean }; // load on, or begin again

/** A second repair sooner than this would repeat what did not help. */
const REPAIR_EVERY_MS = 8_000;
/** What a repair has to bring the picture back: hls.js may stand there in silence afterwards, and no error would ever come. */
const REPAIR_WITHIN_MS = 5_000;
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
  #rebuilding = false;

  failed(failure: Failure, now: number): Remedy {
    this.#failedAt = now;
    if (this.#rebuilding) return { do: 'nothing' };
    if (failure === 'media' && now - this.#repairedAt >= REPAIR_EVERY_MS) {
      this.#repairedAt = now;
      return { do: 'repair', withinMs: REPAIR_WITHIN_MS };
    }
    const last = REBUILD_AFTER_MS.length - 1;
    const afterMs = REBUILD_AFTER_MS[Math.min(this.#rebuilds, last)] ?? 0;
    this.#rebuilds++;
    this.#rebuilding = true;
    return { do: 'rebuild', afterMs, tell: this.#rebuilds > TELL_AFTER };
  }

  /** The rebuild is done, or something else is played: what fails now is another failure. */
  begins(): void {
    this.#rebuilding = false;
  }

  /** The picture moves: from a rest of the buffer, perhaps, so that only time tells. */
  moves(now: number): void {
    if (now - this.#failedAt >= STEADY_MS) this.#rebuilds = 0;
  }

  /** The viewer asked to try again, or what was missing came: as if nothing had been. */
  forget(): void {
    this.#rebuilds = 0;
    this.#rebuilding = false;
  }
}

// Keeping step: all viewers show the same moment, so that nobody is ahead of the chat, and everybody has what others want.
//
// The law: a small error is mended inaudibly. Who is far behind, with what everybody else sees already in the buffer, jumps
// there once: what is played late can be had from nobody, and crawling after the others takes longer than the talk is about.
// Being too near to the live edge is an error too: there was less than the distance to begin with, or the distance was changed. (What
// would be too near behind a gap is held by returns.ts.) hls.js can only hurry; so it is told not to, and this is asked instead.

/** Below this nothing is begun; below the other, what was begun ends. Time stretching is not free of artefacts. */
const BEGIN_S = 0.05;
const END_S = 0.02;
/** Speed per second of error, and its bounds: inaudible; for those who listen for it; audible, but better than a stall. */
const GAIN = 0.2;
const GENTLE = 0.02;
const BRISK = 0.05;
const BRAKE = 0.1;
/** From this error on it may be brisk, and from the other on it may brake. */
const BRISK_FROM_S = 0.5;
const BRAKE_FROM_S = 1;
/** Hurrying eats the buffer: with less than this ahead it would end in a stall. */
const BUFFER_LEAST_S = 1;
/** So far behind for so long the player jumps, if so much stays ahead. */
const JUMP_FROM_S = 0.5;
const JUMP_AFTER_MS = 500;
const JUMP_LEAVES_S = 0.8;
/** Sooner after the last jump another one would be a picture that stutters. */
const JUMP_EVERY_MS = 10_000;

export interface Stride {
  readonly rate: number;
  /** Seconds to jump ahead; 0: stay. It is never further than the buffer reaches. */
  readonly jumpS: number;
}

/** Of one source: another begins with another. */
export class Step {
  #mending = false;
  #farSince: number | null = null;
  #jumpedAt = -Infinity;

  /** What to do about an error of so many seconds (positive: too far behind live) with so much ahead in the buffer. */
  take(errorS: number, bufferS: number, nowMs: number): Stride {
    if (errorS < JUMP_FROM_S) this.#farSince = null;
    else this.#farSince ??= nowMs;
    if (this.#farSince === null || nowMs - this.#farSince < JUMP_AFTER_MS || nowMs - this.#jumpedAt < JUMP_EVERY_MS || bufferS - errorS < JUMP_LEAVES_S) {
      return { rate: this.#rate(errorS, bufferS), jumpS: 0 };
    }
    this.#farSince = null;
    this.#jumpedAt = nowMs;
    this.#mending = false;
    return { rate: 1, jumpS: errorS };
  }

  #rate(errorS: number, bufferS: number): number {
    const size = Math.abs(errorS);
    this.#mending = size > (this.#mending ? END_S : BEGIN_S);
    if (!this.#mending || (errorS > 0 && bufferS < BUFFER_LEAST_S)) return 1;
    const most = size < BRISK_FROM_S ? GENTLE : errorS > -BRAKE_FROM_S ? BRISK : BRAKE;
    const change = Math.min(GAIN * size, most);
    return Math.round((1 + Math.sign(errorS) * change) * 1000) / 1000;
  }
}

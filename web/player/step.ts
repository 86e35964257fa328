// Keeping step: all viewers show the same moment, so that nobody is ahead of the chat, and everybody has what others want.
//
// The law: a small error is mended inaudibly, a larger one quickly; behind that the player jumps. Being too near to the
// live edge is an error too: after a gap the picture comes back as soon as it can, with next to nothing in the buffer.
// hls.js can only hurry; so it is told not to, and this is asked instead.

/** Below this nothing is begun; below the other, what was begun ends. Time stretching is not free of artefacts. */
const BEGIN_S = 0.1;
const END_S = 0.03;
/** Speed per second of error, and its bounds: inaudible, and audible only to those who listen for it. */
const GAIN = 0.3;
const GENTLE = 0.05;
const BRISK = 0.1;
/** From this error on it may be brisk. */
const BRISK_FROM_S = 1;
/** Hurrying eats the buffer: with less than this ahead it would end in a stall. */
const BUFFER_LEAST_S = 1;

export class Step {
  #mending = false;

  /** The playback rate for an error of so many seconds (positive: too far behind live) with so much ahead in the buffer. */
  rate(errorS: number, bufferS: number): number {
    const size = Math.abs(errorS);
    this.#mending = size > (this.#mending ? END_S : BEGIN_S);
    if (!this.#mending || (errorS > 0 && bufferS < BUFFER_LEAST_S)) return 1;
    const change = Math.min(GAIN * size, size < BRISK_FROM_S ? GENTLE : BRISK);
    return Math.round((1 + Math.sign(errorS) * change) * 100) / 100;
  }
}

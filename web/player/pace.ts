// How fast the server is, for the choice of quality.
//
// hls.js picks the quality from load times. Bytes that neighbours pushed here minutes of network time ago arrive in no time at
// all, and bytes that are made just now arrive at the speed of the stream: neither says what the line can carry. When
// the swarm fails, the server must carry everything; so only its transfers count, and a load that the swarm answered is
// given timings that repeat what is known of the server.

/** Smaller transfers measure latency rather than speed. */
const SAMPLE_MIN_BYTES = 16 * 1024;
/** Below a millisecond the clock's grain is all that is measured (browsers round it). */
const SAMPLE_MIN_MS = 1;
/** How far one transfer moves the estimate. */
const SAMPLE_WEIGHT = 0.2;

export interface Timings {
  readonly start: number;
  readonly first: number;
  readonly end: number;
}

export class ServerPace {
  #bytesPerMs: number | null = null;

  /** Counts a finished transfer from the server. */
  sample(bytes: number, ms: number): void {
    if (bytes < SAMPLE_MIN_BYTES || !(ms >= 0)) return;
    const rate = bytes / Math.max(ms, SAMPLE_MIN_MS);
    this.#bytesPerMs = this.#bytesPerMs === null ? rate : this.#bytesPerMs + SAMPLE_WEIGHT * (rate - this.#bytesPerMs);
  }

  get bytesPerSecond(): number | null {
    return this.#bytesPerMs === null ? null : this.#bytesPerMs * 1000;
  }

  /**
   * The timings of a load that the swarm answered at `end`. While the server was never measured they repeat `guess`, what the player
   * takes for its speed, in bytes a millisecond. `latencyMs` is what it takes for the server's time to the first byte.
   */
  timings(end: number, bytes: number, latencyMs: number, guess: number): Timings {
    const first = end - bytes / (this.#bytesPerMs ?? guess);
    return { start: first - latencyMs, first, end };
  }
}

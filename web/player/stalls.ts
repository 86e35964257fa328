// Stalls, as a viewer counts them: the picture stood still although nobody asked it to.

/** The events of a media element that matter here, and `reset` for "another source begins". */
export type PictureEvent = 'waiting' | 'playing' | 'advanced' | 'seeking' | 'seeked' | 'pause' | 'play' | 'ended' | 'reset';

/** Shorter than one frame at 25 a second: nobody can see it, and browsers announce such at the first frames of a source. */
const BLINK_MS = 40;

export class StallMeter {
  #stalls = 0;
  #stalledMs = 0;
  #since: number | null = null; // start of the running stall
  #began = false; // a frame of this source was shown
  #seeking = false;
  #paused = false;

  stalls(now: number): number {
    return this.#stalls + (this.runningMs(now) > 0 ? 1 : 0);
  }

  stalledMs(now: number): number {
    return this.#stalledMs + this.runningMs(now);
  }

  /** How long the running stall lasts already; 0 if there is none. */
  runningMs(now: number): number {
    const ms = this.#since === null ? 0 : now - this.#since;
    return ms >= BLINK_MS ? ms : 0;
  }

  hear(event: PictureEvent, now: number): void {
    switch (event) {
      case 'waiting':
        if (this.#began && !this.#seeking && !this.#paused) this.#since ??= now;
        return;
      case 'playing':
      case 'advanced':
        this.#began = true;
        this.#paused = false;
        this.#close(now);
        return;
      case 'seeking': // the player's own jump over a hole does not end a stall that is running
        this.#seeking = true;
        return;
      case 'seeked':
        this.#seeking = false;
        return;
      case 'play':
        this.#paused = false;
        return;
      case 'pause':
      case 'ended':
        this.#paused = true;
        this.#close(now);
        return;
      case 'reset':
        this.#began = false;
        this.#seeking = false;
        this.#close(now);
    }
  }

  #close(now: number): void {
    const ms = this.runningMs(now);
    if (ms > 0) this.#stalls++;
    this.#stalledMs += ms;
    this.#since = null;
  }
}

// What one sender said, in the order it was said.
//
// What it is: a queue that holds back later messages while an earlier one is being hashed.
// Who calls it: body.ts, one lane for each peer and one for the tracker.
// What it owns: the messages in between, within a bound.
// What it will never do: reorder, drop in the middle, run two at once.

/** Messages that may wait behind a hash: a thousand control messages. A sender that makes more wait is flooding. */
export const LANE_MAX = 1024;

export class Lane {
  #waiting: (() => Promise<void> | undefined)[] = [];
  #busy = false;
  #closed = false;

  /** Runs `job` after those before it; at once if none waits. False: too many wait, and this one was not taken. */
  push(job: () => Promise<void> | undefined): boolean {
    if (this.#closed) return true;
    if (this.#busy) {
      if (this.#waiting.length >= LANE_MAX) return false;
      this.#waiting.push(job);
      return true;
    }
    this.#run(job);
    return true;
  }

  /** Drops what waits; what runs ends by itself. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  #run(job: () => Promise<void> | undefined): void {
    const done = job();
    if (!done) return;
    this.#busy = true;
    const next = (): void => {
      this.#busy = false;
      while (!this.#busy) {
        const waiting = this.#waiting.shift();
        if (!waiting) return;
        this.#run(waiting);
      }
    };
    done.then(next, next);
  }
}

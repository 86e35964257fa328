// More distance to live for a picture that keeps standing still, and less again once it runs: stalls are worse than being
// out of step. One stall alone is bad luck, and changes nothing. Pure.

/** So many stalls within so long say that this device or its line cannot keep the distance that everybody keeps. */
const STALLS_MANY = 2;
const WITHIN_MS = 20_000;
/** What is added then, and the most there can be, in seconds. */
const MORE_S = 1;
const MOST_S = 3;
/** After so long without a stall as much is taken back. */
const QUIET_MS = 60_000;

export class Slack {
  #known = 0;
  #recent: number[] = []; // when it stood still, at most STALLS_MANY of them
  #changedAt = 0;
  #seconds = 0;

  /** Hears how often the picture has stood still in all. Says how many seconds it should stay further behind. */
  take(stalls: number, nowMs: number): number {
    const more = stalls - this.#known;
    this.#known = stalls;
    for (let i = 0; i < Math.min(more, STALLS_MANY); i++) this.#recent.push(nowMs);
    this.#recent = this.#recent.filter((at) => nowMs - at < WITHIN_MS).slice(-STALLS_MANY);
    if (more > 0) this.#changedAt = nowMs;
    if (this.#recent.length === STALLS_MANY) {
      this.#recent = [];
      this.#seconds = Math.min(this.#seconds + MORE_S, MOST_S);
    } else if (this.#seconds > 0 && nowMs - this.#changedAt >= QUIET_MS) {
      this.#changedAt = nowMs;
      this.#seconds -= MORE_S;
    }
    return this.#seconds;
  }
}

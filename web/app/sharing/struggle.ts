// When sharing should rest because the picture suffers: it comes first, whoever is to blame. Pure.

/** So many stalls within so long, while sharing, are too many. */
export const STALLS_MANY = 3;
export const WITHIN_MS = 20_000;
/** So long sharing rests then; each time twice as long, up to the most. */
export const REST_MS = 60_000;
export const REST_MS_MAX = 8 * REST_MS;

export class Struggle {
  #known = 0;
  #recent: number[] = []; // when the picture stood still, at most STALLS_MANY of them
  #until = 0;
  #rest = REST_MS;

  /** Hears how often the picture has stood still in all, and whether this device shares. Says whether sharing should rest. */
  rests(stalls: number, shares: boolean, now: number): boolean {
    const more = stalls - this.#known;
    this.#known = stalls;
    if (now < this.#until) return true;
    if (!shares) return false;
    for (let i = 0; i < Math.min(more, STALLS_MANY); i++) this.#recent.push(now);
    this.#recent = this.#recent.filter((at) => now - at < WITHIN_MS).slice(-STALLS_MANY);
    if (this.#recent.length < STALLS_MANY) return false;
    this.#recent = [];
    this.#until = now + this.#rest;
    this.#rest = Math.min(2 * this.#rest, REST_MS_MAX);
    return true;
  }
}

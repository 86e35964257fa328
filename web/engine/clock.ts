// How far the server's clock is from this device's.
//
// What it is: an estimate from questions whose answers carry the server's time: the quickest answer knows best.
// Who calls it: tracker.ts, with the join request and each pong.
// What it owns: the last samples.
// What it will never do: read a clock.

/** Samples that are kept: enough for one quick answer among them, few enough to follow a clock that drifts. */
const SAMPLES_MAX = 12;

export class ServerClock {
  #samples: { readonly tripMs: number; readonly offsetMs: number }[] = [];

  /** A question asked when Date.now() was `askedAt` and answered `tripMs` later with the server's time. */
  sample(askedAt: number, tripMs: number, serverMs: number): void {
    this.#samples.push({ tripMs, offsetMs: serverMs - (askedAt + tripMs / 2) });
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
  }

  /** Server clock minus Date.now(), or null before the first sample. */
  get offsetMs(): number | null {
    let best = this.#samples[0];
    for (const sample of this.#samples) if (best && sample.tripMs <= best.tripMs) best = sample;
    return best ? Math.round(best.offsetMs) : null;
  }
}

// hls.js's choice of quality, in no haste to leave the others.
//
// Who goes up leaves those it shares with for others, or for nobody: the server has to bring what it asks for first. Where the line is worth it
// the choice stands a while later just the same; where it is not, one good moment is over by then. Down is always at once.
import Hls, { type HlsConfig } from 'hls.js';

/** For so long a better quality must be possible before a viewer in company goes up, and with half as much to spare again. */
const STAY_MS = 20_000;
const STAY_AMPLE_MS = 6_000;
const AMPLE = 1.5;

/** When to go up. Pure. */
export class Stay {
  #since: number | null = null; // a better quality is possible all the time since then

  /** The quality to take, of `now` and `wish`; `ample`: the line would bear the wish and half as much. */
  choose(now: number, wish: number, alone: boolean, ample: boolean, atMs: number): number {
    if (wish <= now || now < 0) {
      this.#since = null;
      return wish;
    }
    this.#since ??= atMs;
    if (!alone && atMs - this.#since < (ample ? STAY_AMPLE_MS : STAY_MS)) return now;
    this.#since = null;
    return wish;
  }
}

/** What to add to hls.js's configuration. `companions`: with how many others the viewer shares now. */
export function staying(companions: () => number): Partial<HlsConfig> {
  const Controller = Hls.DefaultConfig.abrController;
  const stay = new Stay();
  return {
    abrController: class extends Controller {
      override get nextAutoLevel(): number {
        const { hls } = this;
        const wish = super.nextAutoLevel;
        const rate = hls.levels[wish]?.maxBitrate ?? 0;
        return stay.choose(hls.loadLevel, wish, companions() === 0, hls.bandwidthEstimate >= AMPLE * rate, performance.now());
      }

      override set nextAutoLevel(level: number) {
        super.nextAutoLevel = level;
      }
    },
  };
}

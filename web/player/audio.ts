// hls.js's loader of audio, without its dead end.
//
// hls.js 1.7.4 looks for the next audio fragment at the end of what is buffered, and with parts it looks without any tolerance.
// The browser gives that end in whole microseconds, cut off; the playlist gives the fragment's end rounded. When the first is
// a hair before the second, the search finds the fragment that is loaded already, takes loading it again for a loop, and asks
// for nothing until the picture stops: three seconds, once in the first minute of most viewers. So it looks a little further on.
import Hls, { type HlsConfig, type LevelDetails, type MediaFragment } from 'hls.js';

/** In seconds: far more than any rounding, far less than an audio frame (21 ms). */
const TOLERANCE_S = 0.001;

/** What to add to hls.js's configuration: nothing in a build that has no audio tracks of their own. */
export function audioLoading(): Partial<HlsConfig> {
  const Controller = Hls.DefaultConfig.audioStreamController;
  if (!Controller) return {};
  return {
    audioStreamController: class extends Controller {
      protected override getNextFragment(position: number, details: LevelDetails): MediaFragment | null {
        return super.getNextFragment(position + TOLERANCE_S, details);
      }
    },
  };
}

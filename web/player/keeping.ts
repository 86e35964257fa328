// The distance to live, kept while the picture runs.
//
// What it is: step.ts and slack.ts, put to work on one video element and its hls.js.
// Who calls it: player.ts, with every move of the picture.
// What it owns: the playback rate of what is live, and whether the viewer is behind on purpose.
// What it will never do: hold a picture that ran out (returns.ts does); touch what is recorded.
import type { default as Hls } from 'hls.js';
import { liveMax } from './distance';
import { Slack } from './slack';
import { Step } from './step';

/** Where the picture is. */
export interface Standing {
  /** Seconds behind live. */
  readonly behindS: number;
  /** How far behind it is meant to be, in seconds. */
  readonly distanceS: number;
  readonly bufferMs: number;
  /** How often it stood still. */
  readonly stalls: number;
}

export class Keeping {
  /** The viewer went back on purpose: nothing hurries after live until asked. */
  astray = false;
  readonly #video: HTMLVideoElement;
  #step = new Step();
  #slack = new Slack();

  constructor(video: HTMLVideoElement) {
    this.#video = video;
  }

  /** Another source begins. */
  begins(): void {
    this.astray = false;
    this.#step = new Step();
  }

  /** While the viewer pauses, the picture stands still however far live runs on; with play it may jump again. */
  pauses(hls: Hls, still: boolean, distanceS: number): void {
    hls.config.liveMaxLatencyDuration = still ? Infinity : liveMax(distanceS);
  }

  moves(hls: Hls, { behindS, distanceS, bufferMs, stalls }: Standing): void {
    const now = performance.now();
    const { config } = hls;
    if (config.liveSyncDuration !== distanceS) { // it was changed while it plays: hls.js is not to jump back to where it was
      config.liveSyncDuration = distanceS;
      if (config.liveMaxLatencyDuration !== Infinity) config.liveMaxLatencyDuration = liveMax(distanceS);
    }
    const target = distanceS + this.#slack.take(stalls, now);
    const { rate, jumpS } = this.astray ? { rate: 1, jumpS: 0 } : this.#step.take(behindS - target, bufferMs / 1000, now);
    if (this.#video.playbackRate !== rate) this.#video.playbackRate = rate;
    if (jumpS > 0) this.#video.currentTime += jumpS;
  }
}

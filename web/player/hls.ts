// hls.js as this house uses it: low latency, our doors for media and playlists, its worker from our own address.
import Hls, { Events } from 'hls.js';
import workerPath from 'hls.js/dist/hls.worker.js?url';
import { audioLoading } from './audio';
import { bufferKeeping } from './buffers';
import { fragmentLoader, type MediaDesk } from './fragments';
import { playlistLoader, type PlaylistDesk } from './playlists';
import { staying } from './staying';
import { LIVE_MAX_S, LIVE_TARGET_S } from './step';
import { workerAddress } from './worker';

const worker = workerAddress(workerPath);

/** Media kept ahead and behind, in seconds: a live window is short, and old devices have little memory. */
const AHEAD_S = 20;
const BEHIND_S = 20;

export { Events };

/** Whether this browser has what hls.js needs. */
export function playable(): boolean {
  return Hls.isSupported();
}

export function makeHls(media: Omit<MediaDesk, 'latencyMs' | 'estimate'>, playlists: PlaylistDesk, companions: () => number): Hls {
  const hls: Hls = new Hls({
    ...audioLoading(),
    ...bufferKeeping(),
    lowLatencyMode: true,
    liveSyncDuration: LIVE_TARGET_S,
    liveMaxLatencyDuration: LIVE_MAX_S,
    liveSyncOnStallIncrease: 0, // it would never be taken back: one stall, and this viewer is out of step for good
    maxLiveSyncPlaybackRate: 1, // step.ts keeps the pace
    maxBufferLength: AHEAD_S,
    backBufferLength: BEHIND_S,
    workerPath: worker, // the built-in one would be a blob, which a strict content security policy forbids
    capLevelToPlayerSize: true,
    enableInterstitialPlayback: false,
    ...staying(companions),
    fLoader: fragmentLoader({
      ...media,
      latencyMs: () => (Number.isFinite(hls.ttfbEstimate) ? hls.ttfbEstimate : 0),
      estimate: () => (hls.bandwidthEstimate > 0 ? hls.bandwidthEstimate : hls.config.abrEwmaDefaultEstimate) / 8000,
    }),
    pLoader: playlistLoader(playlists),
  });
  return hls;
}

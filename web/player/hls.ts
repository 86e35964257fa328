// hls.js as this house uses it: low latency, our doors for media and playlists, its worker from our own address.
import Hls from 'hls.js';
import workerPath from 'hls.js/dist/hls.worker.js?url';
import { audioLoading } from './audio';
import { bufferKeeping } from './buffers';
import { fragmentLoader, type MediaDesk } from './fragments';
import { playlistLoader, type PlaylistDesk } from './playlists';

/** Distance to the live edge that everybody keeps, in seconds. */
export const LIVE_TARGET_S = 3;
/** Further behind than this the player jumps to live by itself, unless the viewer paused or went back. */
const LIVE_MAX_S = 9;
/** Media kept ahead and behind, in seconds: a live window is short, and old devices have little memory. */
const AHEAD_S = 20;
const BEHIND_S = 20;

/** While the viewer pauses, the picture stands still however far live runs on; with play it may jump again. */
export function standStill(hls: Hls, still: boolean): void {
  hls.config.liveMaxLatencyDuration = still ? Infinity : LIVE_MAX_S;
}

/** Media kept ahead of what is recorded, in seconds: the swarm looks further, and what lies here already it cannot bring. */
const RECORDED_AHEAD_S = 20;

/** What plays a recording, or what is past of a broadcast that goes on, from a place in its playlist. */
export function makeRecordedHls(media: Omit<MediaDesk, 'latencyMs'>, fromS: number): Hls {
  const hls: Hls = new Hls({
    ...audioLoading(),
    lowLatencyMode: false,
    startPosition: fromS,
    liveSyncDuration: LIVE_TARGET_S,
    liveMaxLatencyDuration: Infinity, // nobody is pulled back to live
    maxBufferLength: RECORDED_AHEAD_S,
    maxMaxBufferLength: RECORDED_AHEAD_S, // else it fills 60 MB
    backBufferLength: BEHIND_S,
    workerPath,
    capLevelToPlayerSize: true,
    enableInterstitialPlayback: false,
    fLoader: fragmentLoader({ ...media, latencyMs: () => (Number.isFinite(hls.ttfbEstimate) ? hls.ttfbEstimate : 0) }),
  });
  return hls;
}

export function makeHls(media: Omit<MediaDesk, 'latencyMs'>, playlists: PlaylistDesk): Hls {
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
    workerPath, // the built-in one would be a blob, which a strict content security policy forbids
    capLevelToPlayerSize: true,
    enableInterstitialPlayback: false,
    fLoader: fragmentLoader({ ...media, latencyMs: () => (Number.isFinite(hls.ttfbEstimate) ? hls.ttfbEstimate : 0) }),
    pLoader: playlistLoader(playlists),
  });
  return hls;
}

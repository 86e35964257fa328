// hls.js as this house uses it: low latency, our doors for media and playlists, its worker from our own address.
import Hls, { Events } from 'hls.js';
import workerPath from 'hls.js/dist/hls.worker.js?url';
import { withToken } from './address';
import { audioLoading } from './audio';
import { bufferKeeping } from './buffers';
import { captionReading } from './captions';
import { LIVE_TARGET_S, liveMax } from './distance';
import { fragmentLoader, type MediaDesk } from './fragments';
import { playlistLoader, type PlaylistDesk } from './playlists';
import { keepGaps } from './returns';
import { staying } from './staying';
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

/** Whether this browser has a decoder for a codec, as playlists name it. */
export function decodes(codec: string): boolean {
  return Hls.getMediaSource()?.isTypeSupported(`video/mp4;codecs="${codec}"`) ?? false;
}

/** Media kept ahead of what is recorded, in seconds: the swarm looks further, and what lies here already it cannot bring. */
const RECORDED_AHEAD_S = 20;

/** What plays a recording, or what is past of a broadcast that goes on, from a place in its playlist. */
export function makeRecordedHls(media: Omit<MediaDesk, 'latencyMs' | 'estimate'>, fromS: number): Hls {
  const hls: Hls = new Hls({
    ...audioLoading(),
    ...captionReading(),
    lowLatencyMode: false,
    startPosition: fromS,
    liveSyncDuration: LIVE_TARGET_S,
    liveMaxLatencyDuration: Infinity, // nobody is pulled back to live
    maxBufferLength: RECORDED_AHEAD_S,
    maxMaxBufferLength: RECORDED_AHEAD_S, // else it fills 60 MB
    backBufferLength: BEHIND_S,
    workerPath: worker,
    xhrSetup: (request, url) => request.open('GET', withToken(url, media.token ?? ''), true),
    capLevelToPlayerSize: true,
    enableInterstitialPlayback: false,
    fLoader: fragmentLoader({ ...media, ...estimates(() => hls) }),
  });
  return hls;
}

/** What hls.js believes of the line. */
function estimates(of: () => Hls): Pick<MediaDesk, 'latencyMs' | 'estimate'> {
  return {
    latencyMs: () => (Number.isFinite(of().ttfbEstimate) ? of().ttfbEstimate : 0),
    estimate: () => (of().bandwidthEstimate > 0 ? of().bandwidthEstimate : of().config.abrEwmaDefaultEstimate) / 8000,
  };
}

/** What plays a live broadcast `targetS` behind it. `clockOffsetMs`: the server's clock minus this device's, or null while unknown. */
export function makeHls(
  media: Omit<MediaDesk, 'latencyMs' | 'estimate'>, playlists: PlaylistDesk, companions: () => number, clockOffsetMs: () => number | null, targetS: number,
): Hls {
  const hls: Hls = new Hls({
    ...audioLoading(),
    ...captionReading(),
    ...bufferKeeping(),
    lowLatencyMode: true,
    liveSyncDuration: targetS,
    liveMaxLatencyDuration: liveMax(targetS),
    liveSyncOnStallIncrease: 0, // it would never be taken back: one stall, and this viewer is out of step for good
    maxLiveSyncPlaybackRate: 1, // step.ts keeps the pace
    maxBufferLength: AHEAD_S,
    backBufferLength: BEHIND_S,
    workerPath: worker, // the built-in one would be a blob, which a strict content security policy forbids
    capLevelToPlayerSize: true,
    enableInterstitialPlayback: false,
    ...staying(companions),
    fLoader: fragmentLoader({ ...media, ...estimates(() => hls) }),
    pLoader: playlistLoader(playlists),
  });
  keepGaps(hls, () => {
    const offset = clockOffsetMs();
    return offset === null ? null : Date.now() + offset;
  });
  return hls;
}

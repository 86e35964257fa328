// What every page of a player has: a picture, a list of complaints, and an answer to the bench.
import type { Seen } from '../seen';

declare global {
  interface Window {
    seen?: () => Seen;
  }
}

/** Complaints kept of one player. */
const ERRORS_MAX = 100;

const asked = new URLSearchParams(location.search);
export const source = asked.get('source') ?? '';
/** Whether the player is to keep all its defaults. */
export const asItComes = asked.has('as-it-comes');
const errors: string[] = [];

export function complain(what: string): void {
  if (errors.length < ERRORS_MAX) errors.push(what);
}

/** The page's video element, watched. */
export function screen(): HTMLVideoElement {
  const video = document.createElement('video');
  video.muted = video.autoplay = video.playsInline = true;
  document.body.append(video);
  video.addEventListener('error', () => complain(`video: ${video.error?.message ?? video.error?.code}`));
  window.addEventListener('error', (event) => complain(`page: ${event.message}`));
  window.addEventListener('unhandledrejection', (event) => complain(`page: ${String(event.reason)}`));
  window.seen = () => {
    const quality = video.getVideoPlaybackQuality();
    const shows = quality.totalVideoFrames > 0;
    const ends = video.buffered.length ? video.buffered.end(video.buffered.length - 1) : 0;
    return {
      atS: shows ? video.currentTime : null, frames: shows ? quality.totalVideoFrames : null, lost: quality.droppedVideoFrames,
      aheadS: ends - video.currentTime, errors,
    };
  };
  return video;
}

// Where in a recording, or in the rewind window of what is live, the picture is. Pure.

/** A stretch that can be played. For what is live, 0 is now and the rest lies before it. */
export interface Timeline {
  readonly fromS: number;
  readonly toS: number;
  readonly atS: number;
  readonly live: boolean;
}

/** So near to live there is nothing to go back to. */
const LEAST_S = 20;
/** A place this near to live is live: what is recorded is named a segment later. */
export const LIVE_WITHIN_S = 8;

/** The rewind window of a broadcast, or null while there is none worth a bar. */
export function rewindWindow(rewindS: number, started: string | null, nowMs: number, behindS: number): Timeline | null {
  const age = started === null ? NaN : (nowMs - Date.parse(started)) / 1000;
  const length = Math.min(rewindS, age);
  if (!(length >= LEAST_S)) return null;
  return { fromS: -Math.floor(length), toS: 0, atS: behindS < LIVE_WITHIN_S ? 0 : -Math.min(behindS, length), live: true };
}

/** 0:07, 12:34, 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** How a place is said aloud. */
export function spoken(timeline: Timeline, atS: number): string {
  if (timeline.live) return atS > -LIVE_WITHIN_S ? 'live' : `${clock(-atS)} behind live`;
  return `${clock(atS)} of ${clock(timeline.toS)}`;
}

/** The place of a time of day in a media playlist, in seconds from its beginning; null if it says no times. */
export function placeOf(playlist: string, wallMs: number): number | null {
  let at = 0;
  let found: number | null = null;
  let begins: number | null = null;
  for (const line of playlist.split('\n')) {
    const wall = /^#EXT-X-PROGRAM-DATE-TIME:(.+)$/.exec(line);
    if (wall?.[1]) begins = Date.parse(wall[1]);
    const lasts = /^#EXTINF:([\d.]+)/.exec(line);
    if (!lasts) continue;
    const seconds = Number(lasts[1]);
    if (begins !== null) {
      found ??= at;
      if (wallMs >= begins) found = at + Math.min((wallMs - begins) / 1000, seconds);
    }
    begins = null;
    at += seconds;
  }
  return found;
}

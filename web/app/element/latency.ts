// The distance to live that a page on another site asks for. Pure.
import { LIVE_TARGET_S } from '../../player/distance';

/** What may be asked for, in seconds. Nearer, a part is hardly there before it is due; further, it nears the end of what playlists name. */
const LEAST_S = 2;
const MOST_S = 10;

/** Reads latency="4"; null and '' are the usual. Returns what is wrong with it, in words for the page's author. */
export function readLatency(text: string | null): number | string {
  if (!text) return LIVE_TARGET_S;
  const seconds = Number(text);
  return seconds >= LEAST_S && seconds <= MOST_S ? seconds : `latency="${text}" is not a number of seconds from ${LEAST_S} to ${MOST_S}.`;
}

// The distance to live that a page on another site asks for. Pure.
import { LEAST_TARGET_S, MOST_TARGET_S } from '../../player/distance';

/** Reads latency="4"; null and '' ask for nothing, which is null. Returns what is wrong with it, in words for the page's author. */
export function readLatency(text: string | null): number | string | null {
  if (!text) return null;
  const seconds = Number(text);
  return seconds >= LEAST_TARGET_S && seconds <= MOST_TARGET_S ? seconds : `latency="${text}" is not a number of seconds from ${LEAST_TARGET_S} to ${MOST_TARGET_S}.`;
}

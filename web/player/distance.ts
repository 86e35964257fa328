// How far behind live a picture is meant to be. Pure.

/** The distance to the live edge that everybody keeps unless the channel or the page says otherwise, in seconds. */
export const LIVE_TARGET_S = 3;
/** What may be asked for. Nearer, a part is hardly there before it is due; further, it nears the end of what playlists name. */
export const LEAST_TARGET_S = 2;
export const MOST_TARGET_S = 10;
/** So much further behind than meant the player jumps to live by itself, unless the viewer paused or went back. */
const MORE_S = 6;

/** Further behind than this the player jumps. */
export function liveMax(targetS: number): number {
  return targetS + MORE_S;
}

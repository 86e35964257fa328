// What a player's looks say, and whether it is what one who knows the stream must find.
import type { Seen } from './seen';

/** A player, when its measuring began, and when it ended. */
export interface Watched {
  readonly name: string;
  readonly version: string;
  readonly first: Seen;
  readonly last: Seen;
  /** Between the two looks, on the wall. */
  readonly wallS: number;
  /** From its start to its first picture; null if none came. */
  readonly startS: number | null;
}

export interface Verdict extends Watched {
  /** What of the stream it played meanwhile, in seconds. */
  readonly playedS: number;
  readonly frames: number;
  readonly lost: number;
  /** What is not as it must be, in words. */
  readonly faults: readonly string[];
}

/** How far a player's clock may be from the wall's after any time: a segment, as some read whole ones, and play what they have. */
const DRIFT_S = 2.5;
/** Pictures that two looks may be apart from what the time between them holds: of a segment, for the same reason. */
const FRAMES_APART_S = 2.5;
/** Pictures that a player may decode and not show, for want of processor time. */
const LOST_SHARE = 0.02;

export function judge(watched: Watched, frameRate: number): Verdict {
  const { first, last, wallS } = watched;
  const playedS = (last.atS ?? 0) - (first.atS ?? 0);
  const frames = (last.frames ?? 0) - (first.frames ?? 0);
  const lost = last.lost - first.lost;
  const faults = [...new Set(last.errors)].map((error) => `it says: ${error}`);
  if (first.atS === null || last.atS === null) faults.push('it showed no picture');
  if (Math.abs(playedS - wallS) > DRIFT_S) faults.push(`it played ${playedS.toFixed(1)} s in ${wallS.toFixed(1)} s`);
  const expected = wallS * frameRate;
  if (Math.abs(frames - expected) > FRAMES_APART_S * frameRate) faults.push(`it decoded ${frames} pictures of ${Math.round(expected)}`);
  if (lost > expected * LOST_SHARE) faults.push(`it lost ${lost} pictures of ${Math.round(expected)}`);
  return { ...watched, playedS, frames, lost, faults };
}

export function table(verdicts: readonly Verdict[], frameRate: number): string {
  const rows = verdicts.map((v) => [
    v.name, v.version, v.startS === null ? 'none' : v.startS.toFixed(1), v.wallS.toFixed(1), v.playedS.toFixed(1), String(v.frames),
    String(Math.round(v.wallS * frameRate)), String(v.lost), String(v.last.errors.length),
  ]);
  return [
    '| player | version | first picture, s | measured, s | played, s | pictures | of | lost | errors |', '|---|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');
}

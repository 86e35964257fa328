// A gap in a broadcast lasts as long for the viewer as it did for the publisher.
//
// A publisher who comes back goes on behind a discontinuity, which in the player's time follows at once on what was before. Who
// played it as soon as it comes would stand at the live edge with next to nothing in the buffer, where the next hiccup of the line is a
// stall, and to get the distance back by playing slower takes half a minute that can be heard. So the picture stands still until
// what comes next is as old as everything else that this viewer sees. Nobody gets ahead of the others by it, either.
import { Events, type default as Hls, type LevelDetails } from 'hls.js';

/** The picture is held so shortly before the gap: a media element tells its time four times a second. */
const BEFORE_S = 0.3;
/** One that ran dry may stand further before it: picture and sound of a publisher who was cut off do not end together. */
const DRY_BEFORE_S = 2;
/** One that was not held in time, as the machine was busy, is held so shortly behind it. */
const BEHIND_S = 0.5;
/** A picture that still moves is not held for less: step.ts mends that, and nobody hears it. */
const MOVING_LEAST_MS = 1_000;

type Details = Pick<LevelDetails, 'fragments' | 'fragmentHint' | 'edge' | 'age'>;

/** What of a media element is asked here. */
export type Standing = Pick<HTMLMediaElement, 'currentTime' | 'readyState'>;

/**
 * For how long the picture is to be held now, in milliseconds; 0: not at all. `serverMs` is the time of day on the server's clock, or null
 * while that is unknown: then the live edge tells it.
 */
export function holdMs(details: Details, { currentTime, readyState }: Standing, distanceS: number, serverMs: number | null): number {
  const all = details.fragmentHint ? [...details.fragments, details.fragmentHint] : details.fragments;
  const dry = readyState < 3;
  const next = all.find(({ cc, start }, i) => {
    const ahead = start - currentTime;
    return i > 0 && cc !== all[i - 1]?.cc && ahead > -BEHIND_S && ahead < (dry ? DRY_BEFORE_S : BEFORE_S);
  });
  const newest = all.at(-1);
  const wallMs = next?.programDateTime ?? null;
  if (!next || !newest || wallMs === null) return 0;
  const aheadS = next.start - currentTime;
  const leftS = dry ? Math.min(aheadS, 0) : aheadS; // until the gap, of what can still be played
  const nowMs = serverMs ?? (newest.programDateTime ?? wallMs) + (details.edge - newest.start + details.age) * 1000;
  const ms = Math.min(wallMs + (distanceS - leftS) * 1000 - nowMs, distanceS * 1000);
  return ms > (dry ? 0 : MOVING_LEAST_MS) ? ms : 0;
}

/** Holds the picture of a live broadcast at its gaps: its rate is 0 as long. `serverMs`: as above. */
export function keepGaps(hls: Hls, serverMs: () => number | null): void {
  let media: HTMLMediaElement | null = null;
  let held: ReturnType<typeof setTimeout> | undefined;
  const release = (): void => {
    clearTimeout(held);
    if (media && held !== undefined) media.playbackRate = 1;
    held = undefined;
  };
  const look = (): void => {
    const details = hls.latestLevelDetails;
    if (!media || !details || media.seeking || held !== undefined) return;
    const ms = holdMs(details, media, hls.config.liveSyncDuration ?? 0, serverMs());
    if (ms === 0) return;
    media.playbackRate = 0;
    media.dispatchEvent(new Event('waiting')); // whoever watches sees it stand: it counts as a stall
    held = setTimeout(release, ms);
  };
  const leave = (): void => {
    release();
    media?.removeEventListener('timeupdate', look);
    media?.removeEventListener('seeking', release); // who goes elsewhere waits for nothing
    media = null;
  };
  hls.on(Events.MEDIA_ATTACHED, (_event, attached) => {
    media = attached.media;
    media.addEventListener('timeupdate', look);
    media.addEventListener('seeking', release);
  });
  hls.on(Events.LEVEL_UPDATED, look);
  hls.on(Events.MEDIA_DETACHING, leave);
  hls.on(Events.DESTROYING, leave);
}

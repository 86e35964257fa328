// What a run comes to, in figures. Pure.
import type { Seen } from './run';
import type { Sample } from './witness';

/** Figures of one run. NaN is "there was nothing to measure". */
export interface Figures {
  /** Media that left the origin, in times what was published meanwhile. */
  readonly copies: number;
  /** Share of what viewers took in that did not come from the origin, and the most that could be. */
  readonly offload: number;
  readonly ceiling: number;
  /** Opening a page to its first frame, in milliseconds: the middle viewer and the slowest. */
  readonly startP50: number;
  readonly startMost: number;
  /** Yes (or first frame, where that came later) to first media from another viewer, in milliseconds: of those whom somebody was there for. */
  readonly firstPeerP50: number;
  readonly firstPeerP95: number;
  /** In the measured stretch, of all viewers; and stalls before it. */
  readonly stalls: number;
  readonly stalledS: number;
  readonly jumps: number;
  readonly stallsBefore: number;
  /** Age of the picture on screen by its own clock, in seconds. */
  readonly latencyP50: number;
  readonly latencyP95: number;
  /** How far apart the viewers' pictures are at a moment, in milliseconds. */
  readonly skewP50: number;
  readonly skewP95: number;
  /** Media that came without being needed, as a share of what was needed. */
  readonly waste: number;
  /** Processor seconds of the browsers in a viewer's minute. */
  readonly processor: number;
  /** All that is not media, in a viewer's minute: kilobytes at the origin, both ways, and between viewers. */
  readonly control: number;
  readonly talk: number;
  /** Requests at the origin in a viewer's minute, and of these such for media and for playlists. */
  readonly requests: number;
  readonly mediaRequests: number;
  readonly playlistRequests: number;
  /** Viewers who never saw a picture. */
  readonly blind: number;
  /** Of the machine, not of the engine: processors in use by anybody, and the longest time that the bench itself stood still. */
  readonly busy: number;
  readonly pausedMs: number;
}

export function figuresOf(seen: Seen): Figures {
  const viewers = seen.watched.map(({ before, after }) => ({ before, after }));
  const sum = (read: (told: NonNullable<typeof viewers[0]['after']>) => number): number =>
    viewers.reduce((all, { before, after }) => all + (after ? read(after) : 0) - (before ? read(before) : 0), 0);
  const minutes = seen.viewers * seen.seconds / 60;
  const { media, playlist, record, tracker, other } = seen.counts;
  const appended = sum((told) => told.appended);
  const samples = viewers.map(({ after }) => (after?.samples ?? []).filter(({ at }) => at >= seen.fromMs));
  const ages = samples.flat().map(({ age }) => age / 1000);
  const starts = viewers.flatMap(({ after }) => after?.firstFrame ?? []);
  const firsts = viewers.slice(seen.join === 'each' ? 1 : 0).flatMap(({ after }) => after?.firstFromPeer ?? []);
  const skews = skewsOf(samples);
  return {
    copies: media.bytes / (seen.rate * seen.seconds),
    offload: 1 - media.bytes / appended,
    ceiling: 1 - Math.min(seen.viewers, 1 + seen.withoutWebRtc) / seen.viewers,
    startP50: quantile(starts, 0.5), startMost: quantile(starts, 1),
    firstPeerP50: quantile(firsts, 0.5), firstPeerP95: quantile(firsts, 0.95),
    stalls: sum((told) => told.stalls), stalledS: sum((told) => told.stalledMs) / 1000, jumps: sum((told) => told.jumps),
    stallsBefore: viewers.reduce((all, { before }) => all + (before?.stalls ?? 0), 0),
    latencyP50: quantile(ages, 0.5), latencyP95: quantile(ages, 0.95),
    skewP50: quantile(skews, 0.5), skewP95: quantile(skews, 0.95),
    waste: (media.bytes + sum((told) => told.fromPeers) - appended) / appended,
    processor: seen.processorS / minutes,
    control: (playlist.wire + record.wire + tracker.wire + other.wire) / 1000 / minutes,
    talk: sum((told) => told.peerTalk) / 1000 / minutes,
    requests: (media.requests + playlist.requests + record.requests + tracker.requests + other.requests) / minutes,
    mediaRequests: media.requests / minutes,
    playlistRequests: playlist.requests / minutes,
    blind: seen.viewers - starts.length,
    busy: seen.busy, pausedMs: seen.pausedMs,
  };
}

/** Frames of a viewer are compared with the nearest of the others; farther apart than this they say nothing. */
const MOMENT_MS = 500;

/** At every moment for which each viewer has a sample: the oldest picture's age less the youngest's, in milliseconds. */
export function skewsOf(viewers: readonly (readonly Sample[])[]): number[] {
  const watching = viewers.filter((samples) => samples.length > 0);
  const byMoment = watching.map((samples) => new Map(samples.map((sample) => [Math.floor(sample.at / MOMENT_MS), sample.age])));
  const [first, ...others] = byMoment;
  if (!first || others.length === 0) return [];
  return [...first].flatMap(([moment, age]) => {
    const ages = [age, ...others.flatMap((other) => other.get(moment) ?? [])];
    return ages.length === watching.length ? [Math.max(...ages) - Math.min(...ages)] : [];
  });
}

/** The value below which this share of all lies; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** Figures of several runs, each the middle one; of an even number the mean of both middle ones. */
export function middle(runs: readonly Figures[]): Figures {
  const [first] = runs;
  if (!first) throw new Error('there are no runs');
  return Object.fromEntries(Object.keys(first).map((key) => [key, median(runs.map((run) => run[key as keyof Figures]))])) as unknown as Figures;
}

function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? NaN) + (sorted[Math.floor(half)] ?? NaN)) / 2;
}

// The tracker is away: what that costs while it lasts, and how soon everybody is back and connected.
//
// What it is: one run with two stretches side by side, before and without the tracker, and then the way back, viewer by viewer.
// Who calls it: main.ts, with --tracker-away.
// What it owns: the browsers of the run.
// What it will never do: keep anything but the tracker from the viewers: pages and media pass on.
import type { Page } from 'playwright-core';
import { Browsers, testimony } from './browsers';
import { since, type Away, type Counts } from './counter';
import type { Engine } from './engines';
import type { Lines } from './lines';
import { enter, rest, type Plan } from './run';
import { channelOf, type Studio } from './studio';
import { round } from './table';
import type { Testimony } from './witness';

/** What was promised: points of offload, and seconds. */
const LOST_MOST = 2;
const WHOLE_WITHIN_S = 3;
/** How long everybody may take to be connected to begin with, and to be so again. */
const WHOLE_MAX_MS = 30_000;
const LOOK_MS = 50;

interface Look {
  readonly atMs: number;
  readonly counts: Counts;
  readonly told: readonly Testimony[];
}

export interface Stretch {
  readonly seconds: number;
  readonly offload: number;
  readonly copies: number;
  readonly stalls: number;
}

export interface Orphaned {
  readonly engine: string;
  readonly how: Away;
  readonly before: Stretch;
  readonly without: Stretch;
  readonly after: Stretch;
  /** Fewest connections of all viewers at a moment, while it was away and until all were back; and what there were before. */
  readonly linksBefore: number;
  readonly linksLeast: number;
  /** For each viewer, when it was connected to the tracker and to all others again, in seconds from the tracker's return; null: never. */
  readonly wholeS: readonly (number | null)[];
}

/** With `late`, the last viewer comes a third into the tracker's absence. */
export async function orphan(studio: Studio, engine: Engine, plan: Plan, how: Away, awayS: number, lines: Lines | null): Promise<Orphaned> {
  const segmentS = engine.segmentS ?? plan.segmentS;
  const address = engine.address({ url: studio.url, channel: channelOf(segmentS), stun: studio.stun, targetS: plan.targetS });
  const browsers = new Browsers(studio.url, studio.epochMs, lines);
  try {
    await browsers.start(plan.viewers);
    const pages: Page[] = [];
    for (let i = 0; i < plan.viewers; i++) pages.push(await browsers.page(i, i < plan.withoutWebRtc));
    const late = plan.join === 'late' ? pages.at(-1) : undefined;
    const early = pages.filter((page) => page !== late);
    await enter(early, address, plan.join, engine.yes);
    /** How many connections each can have: all others who have WebRTC, as it has. */
    const wanted = (some: readonly Page[]): number[] => some.map((_, i) => (i < plan.withoutWebRtc ? 0 : some.length - plan.withoutWebRtc - 1));
    if ((await back(early, wanted(early))).includes(null)) throw new Error(`${engine.name}: not everybody is connected to everybody within ${WHOLE_MAX_MS / 1000} s`);
    await rest(plan.warmS * 1000);

    const rate = await studio.bytesPerSecond(segmentS);
    const began = await look(studio, early);
    await rest(plan.measureS * 1000);
    const gone = await look(studio, early);
    studio.counter.keep(how);
    const linksBefore = linksOf(gone.told);
    let linksLeast = linksBefore;
    const until = performance.now() + awayS * 1000;
    let comes = late;
    while (performance.now() < until) {
      if (comes && until - performance.now() < awayS * 1000 * 2 / 3) {
        await comes.goto(address, { waitUntil: 'commit' });
        comes = undefined;
      }
      await rest(Math.min(1_000, until - performance.now()));
      linksLeast = Math.min(linksLeast, linksOf(await testimonies(early)));
    }
    const returned = await look(studio, early);
    const own = comes || !late ? 0 : (await testimonies([late])).reduce((sum, { appended, fromPeers }) => sum + appended - fromPeers, 0);
    studio.counter.keep(null);
    const wholeS = await back(pages, wanted(pages), (told) => (linksLeast = Math.min(linksLeast, linksOf(told.slice(0, early.length)))));
    const whole = await look(studio, pages);
    await rest(plan.measureS * 1000);
    const end = await look(studio, pages);
    return {
      engine: engine.name, how, linksBefore, linksLeast, wholeS,
      before: stretch(began, gone, rate), without: stretch(gone, returned, rate, own), after: stretch(whole, end, rate),
    };
  } finally {
    studio.counter.keep(null);
    await browsers.close();
  }
}

async function testimonies(pages: readonly Page[]): Promise<Testimony[]> {
  const all = await Promise.all(pages.map(testimony));
  return all.flatMap((told) => told ?? []);
}

async function look(studio: Studio, pages: readonly Page[]): Promise<Look> {
  const told = await testimonies(pages);
  return { atMs: performance.now(), counts: studio.counter.counts(), told };
}

function linksOf(told: readonly Testimony[]): number {
  return told.reduce((sum, { links }) => sum + links, 0);
}

/** Waits until each page has a tracker and this many connections, if it can have any; says after how many seconds each had. */
async function back(pages: readonly Page[], links: readonly number[], each: (told: readonly Testimony[]) => void = () => undefined): Promise<(number | null)[]> {
  const from = performance.now();
  const took: (number | null)[] = pages.map(() => null);
  while (took.includes(null) && performance.now() - from < WHOLE_MAX_MS) {
    const told = await testimonies(pages);
    const atS = (performance.now() - from) / 1000;
    for (const [i, one] of told.entries()) if (one.told && one.links >= (links[i] ?? 0)) took[i] ??= atS;
    each(told);
    await rest(LOOK_MS);
  }
  return took;
}

/** Of the viewers who were there at both looks: what they were given and did not take from the origin. `strange` bytes went to others. */
function stretch(before: Look, after: Look, rate: number, strange = 0): Stretch {
  const sum = (read: (told: Testimony) => number): number =>
    after.told.reduce((all, told) => all + read(told), 0) - before.told.reduce((all, told) => all + read(told), 0);
  const media = since(before.counts, after.counts).media.bytes - strange;
  const seconds = (after.atMs - before.atMs) / 1000;
  return { seconds, offload: 1 - media / sum((told) => told.appended), copies: media / (rate * seconds), stalls: sum((told) => told.stalls) };
}

/** Whether what was promised was kept. */
export function kept({ before, without, wholeS }: Orphaned): boolean {
  return 100 * (before.offload - without.offload) <= LOST_MOST && wholeS.every((took) => took !== null && took <= WHOLE_WITHIN_S);
}

export function orphanTable(all: readonly Orphaned[]): string {
  const columns = all.map(({ engine, how }) => `${engine}, ${how}`);
  const percent = (share: number): string => `${round(100 * share, 2)} %`;
  const rows: readonly (readonly [string, (one: Orphaned) => string])[] = [
    ['from other viewers: before', ({ before }) => `${percent(before.offload)} (${round(before.seconds, 0)} s)`],
    ['without the tracker', ({ without }) => `${percent(without.offload)} (${round(without.seconds, 0)} s)`],
    ['once all are back', ({ after }) => `${percent(after.offload)} (${round(after.seconds, 0)} s)`],
    [`**points lost** (promised: at most ${LOST_MOST})`, ({ before, without }) => `**${round(100 * (before.offload - without.offload), 2)}**`],
    [`**back and connected to all others, s after the tracker's return**, each viewer (promised: ${WHOLE_WITHIN_S})`,
      ({ wholeS }) => `**${wholeS.map((took) => (took === null ? 'never' : round(took, 2))).join(', ')}**`],
    ['connections: before, at the least', ({ linksBefore, linksLeast }) => `${linksBefore / 2}, ${linksLeast / 2}`],
    ['origin copies: before, without, after', ({ before, without, after }) => [before, without, after].map(({ copies }) => round(copies, 2)).join(', ')],
    ['stalls: before, without, after', ({ before, without, after }) => [before, without, after].map(({ stalls }) => stalls).join(', ')],
  ];
  return [`| | ${columns.join(' | ')} |`, `|---|${'---|'.repeat(columns.length)}`, ...rows.map(([what, cell]) => `| ${what} | ${all.map(cell).join(' | ')} |`)].join('\n');
}

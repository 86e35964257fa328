// One run: viewers come, the swarm settles, a stretch is measured, viewers go.
import type { Page } from 'playwright-core';
import { Browsers, testimony } from './browsers';
import { since, type Counts } from './counter';
import type { Engine } from './engines';
import type { Lines } from './lines';
import { machine, spentBetween } from './processor';
import { threadsBetween, threadsOf } from './threads';
import { channelOf, type Studio } from './studio';
import type { Testimony } from './witness';

/** `all`: at once. `each`: one every two seconds. `late`: at once but for the last, who comes when the measuring begins. */
export type Join = 'all' | 'each' | 'late';
export const joins: readonly Join[] = ['all', 'each', 'late'];
const JOIN_EVERY_MS = 2_000;
/** From the first frame to the yes of who is asked. */
const YES_AFTER_MS = 5_000;

export interface Plan {
  readonly viewers: number;
  readonly join: Join;
  readonly targetS: number;
  readonly segmentS: number;
  readonly warmS: number;
  readonly measureS: number;
  /** How many of the viewers have no WebRTC: the first ones, so that who comes late has it. */
  readonly withoutWebRtc: number;
}

/** What is known of a viewer at the ends of the measured stretch; null for one whose page was not there. */
export interface Watched {
  readonly before: Testimony | null;
  readonly after: Testimony | null;
}

/** Everything that was seen of a run; figures.ts makes sense of it. */
export interface Seen {
  readonly engine: string;
  readonly join: Join;
  readonly round: number;
  readonly seconds: number;
  readonly fromMs: number;
  readonly viewers: number;
  readonly withoutWebRtc: number;
  /** What is published, in bytes a second. */
  readonly rate: number;
  /** What left the origin meanwhile, and from the first viewer on. */
  readonly counts: Counts;
  readonly countsAll: Counts;
  readonly processorS: number;
  /** The same by thread, less those that ended meanwhile. */
  readonly threadsS: Readonly<Record<string, number>>;
  /** Share of all processors that was in use, by whomever, and how long this program was kept from running at worst. */
  readonly busy: number;
  readonly pausedMs: number;
  readonly watched: readonly Watched[];
  /** What the engine tells of itself, for the curious; no figure comes from it. */
  readonly reports: readonly unknown[];
}

export async function perform(studio: Studio, engine: Engine, plan: Plan, round: number, lines: Lines | null): Promise<Seen> {
  const segmentS = engine.segmentS ?? plan.segmentS;
  const address = engine.address({ url: studio.url, channel: channelOf(segmentS), stun: studio.stun, targetS: plan.targetS });
  const browsers = new Browsers(studio.url, studio.epochMs, lines);
  try {
    await browsers.start(plan.viewers);
    const pages: Page[] = [];
    for (let i = 0; i < plan.viewers; i++) pages.push(await browsers.page(i, i < plan.withoutWebRtc));
    const start = studio.counter.counts();
    const late = plan.join === 'late' ? pages.at(-1) : undefined;
    await enter(pages.filter((page) => page !== late), address, plan.join, engine.yes);
    await rest(plan.warmS * 1000);

    const spentBefore = browsers.spent();
    const threadsBefore = threadsOf(spentBefore);
    const counts = studio.counter.counts();
    const before = await Promise.all(pages.map((page) => page === late ? null : testimony(page)));
    const fromMs = Date.now();
    const machineBefore = machine();
    const pauses = watchPauses();
    if (late) await enter([late], address, 'all', engine.yes);
    await rest(plan.measureS * 1000 - (Date.now() - fromMs));
    const seconds = (Date.now() - fromMs) / 1000;
    const countsAfter = studio.counter.counts();
    const spentAfter = browsers.spent();
    const threadsAfter = threadsOf(spentAfter);
    const machineAfter = machine();
    const pausedMs = pauses();
    const after = await Promise.all(pages.map(testimony));
    const reports = await Promise.all(pages.map((page) => page.evaluate(() => (window as { shoal?: { report(): unknown } }).shoal?.report() ?? null)));
    return {
      engine: engine.name, join: plan.join, round, seconds, fromMs, viewers: plan.viewers, withoutWebRtc: plan.withoutWebRtc,
      rate: await studio.bytesPerSecond(segmentS),
      counts: since(counts, countsAfter), countsAll: since(start, countsAfter), processorS: spentBetween(spentBefore, spentAfter),
      threadsS: threadsBetween(threadsBefore, threadsAfter),
      busy: (machineAfter.busy - machineBefore.busy) / (machineAfter.all - machineBefore.all), pausedMs,
      watched: pages.map((_, i) => ({ before: before[i] ?? null, after: after[i] ?? null })), reports,
    };
  } finally {
    await browsers.close();
  }
}

export async function enter(pages: readonly Page[], address: string, join: Join, yes?: string): Promise<void> {
  const goings: Promise<unknown>[] = [];
  for (const [i, page] of pages.entries()) {
    if (join === 'each' && i > 0) await rest(JOIN_EVERY_MS);
    goings.push(page.goto(address, { waitUntil: 'commit' }).then(() => (yes ? agree(page, yes) : undefined)));
  }
  await Promise.all(goings);
}

/** Says yes once the picture has been there for a while. */
async function agree(page: Page, yes: string): Promise<void> {
  while ((await testimony(page))?.firstFrame == null) await rest(100);
  await rest(YES_AFTER_MS);
  await page.getByRole('radio', { name: yes }).check();
}

export function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

/** Looks how late a timer goes off; the answer ends it and tells the worst, in milliseconds. */
function watchPauses(): () => number {
  const everyMs = 50;
  let [worst, due] = [0, performance.now() + everyMs];
  const timer = setInterval(() => {
    worst = Math.max(worst, performance.now() - due);
    due = performance.now() + everyMs;
  }, everyMs);
  return () => {
    clearInterval(timer);
    return worst;
  };
}

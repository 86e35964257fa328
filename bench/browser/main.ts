// The bench: every engine in turn, in rounds, so that what the machine does meanwhile hits all alike.
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { kept, orphan, orphanTable, type Orphaned } from './away';
import type { Away } from './counter';
import { engines, usual, type Engine } from './engines';
import { figuresOf, type Figures } from './figures';
import { BRIDGE_HOST, Lines } from './lines';
import { picture } from './picture';
import { joins, perform, type Join, type Plan, type Seen } from './run';
import { Studio } from './studio';
import { round, table, type Column } from './table';
import { threadTable, type ThreadColumn } from './threads';

const options = {
  viewers: { type: 'string', default: '6' },
  rounds: { type: 'string', default: '2' },
  engines: { type: 'string', default: usual.join(',') },
  target: { type: 'string', default: '3' },
  join: { type: 'string', default: 'each' },
  kbit: { type: 'string', default: '1000' },
  'no-sound': { type: 'boolean', default: false },
  segment: { type: 'string', default: '2' },
  warm: { type: 'string', default: '10' },
  measure: { type: 'string', default: '30' },
  'without-webrtc': { type: 'string', default: '0' },
  up: { type: 'string', default: '0' },
  down: { type: 'string', default: '0' },
  'tracker-away': { type: 'string', default: '0' },
  'tracker-silent': { type: 'boolean', default: false },
  out: { type: 'string', default: resolve(import.meta.dirname, '../../../.cache/bench-browser') },
  help: { type: 'boolean', default: false },
} as const;

const help = `Real browsers, every engine in turn on the same live stream. BENCH='...' of make bench-browser takes:
  --viewers 6           browsers' pages in a run
  --rounds 2            runs of each engine
  --engines a,b         of: ${engines.map(({ name }) => name).join(', ')}
  --target 3            seconds behind live that are asked of engines that can be asked (ours: 2 to 10). On the screen it is about 0.25 more
  --join each           each: one every 2 s; all: at once; late: at once, and one when the measuring begins
  --kbit 1000           of the picture, besides 96 of sound
  --no-sound            the picture only: one track instead of two
  --segment 2           seconds; parts are what the server makes of it, about 0.5 s
  --warm 10             seconds between the last join and the measuring
  --measure 30          seconds that are measured
  --without-webrtc 0    share of viewers that have none, 0 to 1
  --up 0, --down 0      kilobits a second of each viewer's line: as root, a network namespace and a browser each; 0: no lines
  --tracker-away 0      seconds without the tracker, between two measurings: a table of its own, of engines with a tracker. It fails if more
                        is lost, or being back takes longer, than was promised. With --join late the last viewer comes meanwhile
  --tracker-silent      it is not refused then, but nothing ever comes over connections to it
  --out DIR             for table.md, plot.svg and runs.json
${engines.map(({ name, means }) => `    ${name.padEnd(11)} ${means}`).join('\n')}`;

function number(name: string, value: string, least: number): number {
  const n = Number(value);
  if (!Number.isFinite(n) || n < least) throw new Error(`--${name} is ${value}: write a number from ${least} on`);
  return n;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options });
  if (values.help) return console.log(help);
  const chosen = values.engines.split(',').map((name): Engine => {
    const engine = engines.find((one) => one.name === name);
    if (!engine) throw new Error(`there is no engine ${name}: ${engines.map((one) => one.name).join(', ')}`);
    return engine;
  });
  if (!joins.includes(values.join as Join)) throw new Error(`--join is ${values.join}: write ${joins.join(', ')}`);
  const viewers = number('viewers', values.viewers, 1);
  const plan: Plan = {
    viewers, join: values.join as Join, targetS: number('target', values.target, 1), segmentS: number('segment', values.segment, 1),
    warmS: number('warm', values.warm, 0), measureS: number('measure', values.measure, 1),
    withoutWebRtc: Math.round(viewers * Math.min(1, number('without-webrtc', values['without-webrtc'], 0))),
  };
  const ours = chosen.filter(({ name }) => name === 'shoal' || name === 'shoal-off');
  if (ours.length && (plan.targetS < 2 || plan.targetS > 10)) throw new Error(`--target is ${plan.targetS}: ours can be asked for 2 to 10`);
  const kbit = number('kbit', values.kbit, 100);
  const width = { up: number('up', values.up, 0), down: number('down', values.down, 0) };
  const rounds = number('rounds', values.rounds, 1);
  const awayS = number('tracker-away', values['tracker-away'], 0);
  const lines = await layLines(viewers, width);
  const began = Date.now();
  const segments = [...new Set([plan.segmentS, ...chosen.flatMap(({ segmentS }) => segmentS ?? [])])];
  let all: readonly Seen[] = [];
  try {
    const studio = await Studio.open(lines ? BRIDGE_HOST : '127.0.0.1', { segments, kbit, sound: !values['no-sound'] });
    try {
      if (awayS > 0) return await withoutTracker(studio, chosen, plan, { rounds, awayS, how: values['tracker-silent'] ? 'silent' : 'refused' }, lines);
      all = await inTurn(studio, chosen, plan, rounds, lines);
    } finally {
      await studio.close();
    }
  } finally {
    await lines?.remove();
  }
  const shape = lines ? `, lines of ${width.up || 'any'} kbit/s up and ${width.down || 'any'} down` : '';
  const less = plan.withoutWebRtc ? `, ${plan.withoutWebRtc} without WebRTC` : '';
  const title = `${viewers} viewers, join ${plan.join}${less}, ${kbit} kbit/s${values['no-sound'] ? ' without sound' : ''}, ${plan.segmentS} s segments${shape}; ${rounds} runs of ${plan.measureS} s each`;
  await tell(values.out, chosen, all, title, began);
}

async function layLines(viewers: number, width: { up: number; down: number }): Promise<Lines | null> {
  if (width.up === 0 && width.down === 0) return null;
  const laid = await Lines.lay(viewers, width);
  if (laid instanceof Lines) return laid;
  console.error(`No lines of their own for viewers: ${laid}. All go through loopback.`);
  return null;
}

interface Absence {
  readonly rounds: number;
  readonly awayS: number;
  readonly how: Away;
}

async function withoutTracker(studio: Studio, chosen: readonly Engine[], plan: Plan, { rounds, awayS, how }: Absence, lines: Lines | null): Promise<void> {
  const all: Orphaned[] = [];
  for (let turn = 0; turn < rounds; turn++) {
    for (const engine of chosen) all.push(await orphan(studio, engine, plan, how, awayS, lines));
  }
  console.log(`${plan.viewers} viewers, join ${plan.join}; the tracker is away for ${awayS} s\n\n${orphanTable(all)}`);
  if (!all.every(kept)) throw new Error('what was promised was not kept');
}

async function inTurn(studio: Studio, chosen: readonly Engine[], plan: Plan, rounds: number, lines: Lines | null): Promise<Seen[]> {
  const all: Seen[] = [];
  for (let turn = 0; turn < rounds; turn++) {
    // Each round begins with another engine, so that none always follows the same one.
    const order = chosen.map((_, i) => chosen[(i + turn) % chosen.length]).flatMap((engine) => engine ?? []);
    for (const engine of order) {
      const seen = await perform(studio, engine, plan, turn, lines);
      all.push(seen);
      console.error(brief(seen, figuresOf(seen)));
    }
  }
  return all;
}

function brief({ engine, round: turn }: Seen, f: Figures): string {
  return `${new Date().toTimeString().slice(0, 8)} round ${turn + 1} ${engine.padEnd(11)} ${round(f.copies, 2)} copies, ${round(f.latencyP50, 2)} s behind, `
    + `start ${round(f.startP50 / 1000, 2)} s, ${f.stalls} stalls, ${round(f.requests, 1)} requests and ${round(f.processor, 1)} s of processor per viewer-minute`;
}

async function tell(out: string, chosen: readonly Engine[], all: readonly Seen[], title: string, began: number): Promise<void> {
  const columns = chosen.map((engine): Column => ({ engine, runs: all.filter((seen) => seen.engine === engine.name).map(figuresOf) }));
  const text = `${title}\n\n${table(columns)}\n\n${threadTable(chosen.map(({ name }) => threadsOfRuns(name, all.filter((seen) => seen.engine === name))))}\n`;
  await mkdir(out, { recursive: true });
  await writeFile(join(out, 'table.md'), text);
  await writeFile(join(out, 'plot.svg'), picture(columns, all[0]?.viewers ?? 0, title));
  await writeFile(join(out, 'runs.json'), JSON.stringify(all.map((seen) => ({ ...seen, figures: figuresOf(seen) })), null, 1));
  console.log(`\n${text}\nThe plot: ${join(out, 'plot.svg')}, every run: ${join(out, 'runs.json')}; ${Math.round((Date.now() - began) / 1000)} s.`);
}

function threadsOfRuns(name: string, runs: readonly Seen[]): ThreadColumn {
  const minutes = runs.reduce((sum, { seconds, viewers }) => sum + seconds * viewers / 60, 0);
  const seconds: Record<string, number> = {};
  for (const { threadsS } of runs) for (const [what, each] of Object.entries(threadsS)) seconds[what] = (seconds[what] ?? 0) + each / minutes;
  return { name, seconds };
}

main().catch((error: unknown) => {
  console.error(`bench-browser: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}).finally(() => process.exit());

// The table: an engine a column, a figure a row, in Markdown.
import type { Engine } from './engines';
import { middle, quantile, type Figures } from './figures';

/** The runs of an engine, in order. */
export interface Column {
  readonly engine: Engine;
  readonly runs: readonly Figures[];
}

type Row = readonly [what: string, cell: (all: Figures, runs: readonly Figures[]) => string];

const rows: readonly Row[] = [
  ['glass to glass, s: half, 95 %', (f) => `${round(f.latencyP50, 2)}, ${round(f.latencyP95, 2)}`],
  ['**origin copies per segment**: middle (worst run)', (f, runs) => `**${round(f.copies, 2)}** (${round(quantile(runs.map((run) => run.copies), 1), 2)})`],
  ['from other viewers, of at most', (f) => `${percent(f.offload)} of ${percent(f.ceiling)}`],
  ['start-up, s: half, slowest', (f) => `${round(f.startP50 / 1000, 2)}, ${round(f.startMost / 1000, 2)}`],
  ['stalls of all viewers, all runs: number, seconds', (_, runs) => `${total(runs, 'stalls')}, ${round(total(runs, 'stalledS'), 1)}`],
  ['stalls before, while viewers come', (_, runs) => `${total(runs, 'stallsBefore')}`],
  ['jumps of the picture', (_, runs) => `${total(runs, 'jumps')}`],
  ['viewers apart, ms: half, 95 %', (f) => `${round(f.skewP50, 0)}, ${round(f.skewP95, 0)}`],
  ['first media from a viewer after the yes (or the first frame, if that is later), s: half, 95 %', (f) => `${round(f.firstPeerP50 / 1000, 2)}, ${round(f.firstPeerP95 / 1000, 2)}`],
  ['media that was not needed', (f) => percent(f.waste)],
  ['origin requests per viewer-minute (media, playlists)', (f) => `${round(f.requests, 1)} (${round(f.mediaRequests, 1)}, ${round(f.playlistRequests, 1)})`],
  ['control per viewer-minute, kB: origin, between viewers', (f) => `${round(f.control, 0)}, ${round(f.talk, 0)}`],
  ['processor seconds per viewer-minute', (f) => round(f.processor, 1)],
  ['this machine: processors in use, longest pause in any run, ms', (f, runs) => `${percent(f.busy)}, ${round(quantile(runs.map((run) => run.pausedMs), 1), 0)}`],
  ['viewers without a picture', (_, runs) => `${total(runs, 'blind')}`],
];

export function table(columns: readonly Column[]): string {
  const lines = [`| | ${columns.map(({ engine }) => engine.name).join(' | ')} |`, `|---|${'---|'.repeat(columns.length)}`];
  for (const [what, cell] of rows) {
    lines.push(`| ${what} | ${columns.map(({ runs }) => cell(middle(runs), runs)).join(' | ')} |`);
  }
  return lines.join('\n');
}

function total(runs: readonly Figures[], key: keyof Figures): number {
  return runs.reduce((sum, run) => sum + run[key], 0);
}

function percent(share: number): string {
  return Number.isNaN(share) ? '-' : `${round(100 * share, 1)} %`;
}

export function round(value: number, digits: number): string {
  return Number.isNaN(value) ? '-' : String(Number(value.toFixed(digits)));
}

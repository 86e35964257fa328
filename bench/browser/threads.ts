// Where the processor's time goes: by the threads of Chromium's processes, from /proc.
import { readFileSync, readdirSync } from 'node:fs';
import { TICKS, type Spent } from './processor';
import { round } from './table';

/** Seconds of each thread by `pid/tid`, and what it is: the process's kind and the thread's name. */
export type Threads = ReadonlyMap<string, { readonly what: string; readonly seconds: number }>;

/** What a thread has to take of a viewer's minute, with any engine, to have a row of its own. */
const ROW_S = 0.1;

export function threadsOf(processes: Spent): Threads {
  const all = new Map<string, { what: string; seconds: number }>();
  for (const pid of processes.keys()) {
    try {
      const kind = kindOf(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
      for (const tid of readdirSync(`/proc/${pid}/task`)) {
        const line = readFileSync(`/proc/${pid}/task/${tid}/stat`, 'latin1');
        const close = line.lastIndexOf(')');
        const fields = line.slice(close + 2).split(' '); // from the third on
        const name = line.slice(line.indexOf('(') + 1, close).replace(/[\d/#]+$/, '');
        all.set(`${pid}/${tid}`, { what: `${kind}: ${name}`, seconds: (Number(fields[11]) + Number(fields[12])) / TICKS });
      }
    } catch {
      continue; // it has ended
    }
  }
  return all;
}

/** What Chromium calls a process of this command: renderer, gpu-process, the browser itself. */
function kindOf(command: string): string {
  const kind = /--type=([\w-]+)/.exec(command)?.[1] ?? 'browser';
  return kind === 'utility' ? /--utility-sub-type=(\w+)/.exec(command)?.[1] ?? kind : kind;
}

/** Seconds between two looks by what the thread is. What a thread that ended between them spent is not known. */
export function threadsBetween(before: Threads, after: Threads): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const [id, { what, seconds }] of after) sums[what] = (sums[what] ?? 0) + seconds - (before.get(id)?.seconds ?? 0);
  return sums;
}

/** An engine's threads: the mean of its runs, in seconds of a viewer's minute. */
export interface ThreadColumn {
  readonly name: string;
  readonly seconds: Readonly<Record<string, number>>;
}

export function threadTable(columns: readonly ThreadColumn[]): string {
  const whats = [...new Set(columns.flatMap(({ seconds }) => Object.keys(seconds)))];
  const most = (what: string): number => Math.max(...columns.map(({ seconds }) => seconds[what] ?? 0));
  const named = whats.filter((what) => most(what) >= ROW_S).sort((a, b) => most(b) - most(a));
  const row = (what: string, cell: (seconds: ThreadColumn['seconds']) => number): string =>
    `| ${what} | ${columns.map(({ seconds }) => round(cell(seconds), 2)).join(' | ')} |`;
  const rest = (seconds: ThreadColumn['seconds']): number =>
    Object.entries(seconds).reduce((sum, [what, each]) => named.includes(what) ? sum : sum + each, 0);
  return [
    `| processor by thread, s per viewer-minute | ${columns.map(({ name }) => name).join(' | ')} |`, `|---|${'---|'.repeat(columns.length)}`,
    ...named.map((what) => row(what, (seconds) => seconds[what] ?? 0)), row('all others', rest),
  ].join('\n');
}

// Processor time of a process and all below it, from /proc.
import { readFileSync, readdirSync } from 'node:fs';

/** Clock ticks a second in /proc/PID/stat: the same on all Linux that we know. */
export const TICKS = 100;

/** Seconds of processor time by process, of all processes below `root` whose command's name matches. */
export type Spent = ReadonlyMap<number, number>;

export function spent(root: number, command: RegExp): Spent {
  const below = new Map<number, number[]>();
  const seconds = new Map<number, number>();
  const named = new Set<number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    let line: string;
    try {
      line = readFileSync(`/proc/${entry}/stat`, 'latin1');
    } catch {
      continue; // it has ended
    }
    const pid = Number(entry);
    const close = line.lastIndexOf(')');
    const fields = line.slice(close + 2).split(' '); // from the third on
    const parent = Number(fields[1]);
    below.set(parent, [...(below.get(parent) ?? []), pid]);
    seconds.set(pid, (Number(fields[11]) + Number(fields[12])) / TICKS);
    if (command.test(line.slice(line.indexOf('(') + 1, close))) named.add(pid);
  }
  const all = new Map<number, number>();
  const visit = (pid: number): void => {
    for (const child of below.get(pid) ?? []) {
      if (named.has(child)) all.set(child, seconds.get(child) ?? 0);
      visit(child);
    }
  };
  visit(root);
  return all;
}

/** Seconds spent between two looks. What a process that ended between them spent since the first is not known. */
export function spentBetween(before: Spent, after: Spent): number {
  let sum = 0;
  for (const [pid, seconds] of after) sum += seconds - (before.get(pid) ?? 0);
  return sum;
}

/** Ticks that all processors were busy, and all ticks there were, since the machine began. */
export interface Machine {
  readonly busy: number;
  readonly all: number;
}

export function machine(): Machine {
  const fields = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]?.split(/ +/).slice(1, 9).map(Number) ?? [];
  const all = fields.reduce((sum, ticks) => sum + ticks, 0);
  return { busy: all - (fields[3] ?? 0) - (fields[4] ?? 0), all }; // idle, and waiting for a disk
}

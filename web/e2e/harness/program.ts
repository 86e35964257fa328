// A child process whose lines can be waited for, and which is dead when its test is over.
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { until } from './until';

/** How long a process may take to end when it is asked to. */
const GRACE_MS = 8_000;
/** Lines kept of each stream. */
const LINES_MAX = 20_000;

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export class Program {
  readonly out: string[] = [];
  readonly err: string[] = [];
  readonly ended: Promise<Ended>;
  #child: ChildProcess;
  #name: string;

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#name = command.split('/').at(-1) ?? command;
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    this.#child = child;
    alive.add(child);
    const streams = [read(child.stdout, this.out), read(child.stderr, this.err)];
    const code = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    }).finally(() => alive.delete(child));
    this.ended = Promise.all([code, ...streams]).then(([at]) => ({ code: at, out: this.out.join('\n'), err: this.err.join('\n') }));
    this.ended.catch(() => undefined); // whoever waits for the end hears of it
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The first line, of either stream, that matches. */
  line(pattern: RegExp, withinMs: number): Promise<RegExpMatchArray> {
    return until(`${this.#name} says ${pattern}`, () => {
      for (const line of [...this.out, ...this.err]) {
        const match = line.match(pattern);
        if (match) return match;
      }
      if (!this.running) throw new Error(`it has ended:\n${this.err.slice(-20).join('\n')}`);
      return undefined;
    }, withinMs);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks it to end, insists after a while, and waits. */
  async stop(): Promise<Ended> {
    const insist = setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS);
    if (this.running) this.#child.kill('SIGTERM');
    try {
      return await this.ended;
    } finally {
      clearTimeout(insist);
    }
  }
}

async function read(stream: Readable, lines: string[]): Promise<void> {
  for await (const line of createInterface({ input: stream })) {
    if (lines.length === LINES_MAX) lines.shift();
    lines.push(line);
  }
}

/** Runs a command to its end. */
export function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Program(command, args, env).ended;
}

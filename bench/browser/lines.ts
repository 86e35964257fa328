// Lines of a width of their own for viewers: a network namespace each, behind one bridge, with token buckets on both ways.
//
// What it is: ip and tc. It needs root, and says plainly why it cannot if it cannot.
// Who calls it: main.ts lays them, browsers.ts starts a browser at the end of each.
// What it owns: the bridge and the namespaces, all named shoalbench, until remove().
// What it will never do: touch another interface, or delay packets: the kernel's netem is not everywhere.
import { run } from '../../web/e2e/harness/program';

const BRIDGE = 'shoalbench';
export const BRIDGE_HOST = '10.91.0.1';
/** How long a packet may wait for its turn before it is dropped: what home routers hold. */
const QUEUE_MS = 300;
/** Bytes that may go out at once. */
const BURST = 16_000;

export interface Width {
  /** Kilobits a second; 0 is without a bound. */
  readonly up: number;
  readonly down: number;
}

export class Lines {
  readonly #count: number;

  private constructor(count: number) {
    this.#count = count;
  }

  /** Lays lines, or returns why it cannot. */
  static async lay(count: number, { up, down }: Width): Promise<Lines | string> {
    if (process.getuid?.() !== 0) return 'it takes root to make network namespaces';
    const lines = new Lines(count);
    await lines.remove(); // what a run that was killed left behind
    try {
      await ip('link', 'add', BRIDGE, 'type', 'bridge');
      await ip('addr', 'add', `${BRIDGE_HOST}/24`, 'dev', BRIDGE);
      await ip('link', 'set', BRIDGE, 'up');
      for (let i = 0; i < count; i++) {
        const [space, near, far] = [`${BRIDGE}${i}`, `shoalb${i}`, `shoalbf${i}`];
        await ip('netns', 'add', space);
        await ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far);
        await ip('link', 'set', far, 'netns', space);
        await ip('link', 'set', near, 'master', BRIDGE, 'up');
        await ip('-n', space, 'addr', 'add', `10.91.0.${10 + i}/24`, 'dev', far);
        await ip('-n', space, 'link', 'set', 'lo', 'up');
        await ip('-n', space, 'link', 'set', far, 'up');
        await ip('-n', space, 'route', 'add', 'default', 'via', BRIDGE_HOST);
        if (down > 0) await must('tc', ['qdisc', 'add', 'dev', near, ...bucket(down)]);
        if (up > 0) await must('tc', ['-n', space, 'qdisc', 'add', 'dev', far, ...bucket(up)]);
      }
      return lines;
    } catch (error) {
      await lines.remove();
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** The namespace at the end of a line. */
  space(line: number): string {
    return `${BRIDGE}${line}`;
  }

  async remove(): Promise<void> {
    for (let i = 0; i < this.#count; i++) await run('ip', ['netns', 'del', this.space(i)]);
    await run('ip', ['link', 'del', BRIDGE]);
  }
}

function bucket(kbit: number): string[] {
  return ['root', 'tbf', 'rate', `${kbit}kbit`, 'burst', String(BURST), 'latency', `${QUEUE_MS}ms`];
}

function ip(...args: string[]): Promise<void> {
  return must('ip', args);
}

async function must(command: string, args: readonly string[]): Promise<void> {
  const ended = await run(command, args);
  if (ended.code !== 0) throw new Error(`${command} ${args.join(' ')}: ${ended.err.trim()}`);
}

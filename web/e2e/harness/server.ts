// The real program, on free ports and in a directory of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Figures } from './figures';
import { Program, run } from './program';
import { until } from './until';

export const root = resolve(import.meta.dirname, '../../..');
export const shoal = process.env.E2E_BINARY ?? join(root, 'bin/shoal');

const START_MS = 20_000;

/** What `channel add --json` prints. */
export interface Card {
  readonly channel: string;
  readonly stream_key: string;
  readonly rtmp_url: string;
  readonly srt_url: string;
  readonly watch_url: string;
  readonly hls_url: string;
}

/** What /api/v1/channels/NAME says, as far as tests ask. */
export interface ChannelState {
  readonly live: boolean;
  readonly publishing: boolean;
  readonly awaited: boolean;
  readonly viewers: number;
  readonly epoch: number;
  readonly tracks: readonly { readonly kind: string; readonly codec: string }[];
}

/** Where a server stands, if not on this machine's loopback. */
export interface Site {
  /** What runs it there, such as `ip netns exec NAME`. */
  readonly prefix: readonly string[];
  /** Its address to viewers, and to the test. */
  readonly host: string;
  readonly door: string;
  readonly httpPort: number;
  readonly rtmpPort: number;
  readonly turnPort: number;
}

export class Server {
  readonly dir: string;
  /** How the test reaches it; viewers do, too, unless it stands elsewhere. */
  readonly url: string;
  readonly rtmpPort: number;
  program: Program;
  readonly #command: readonly [string, ...string[]];

  readonly #env: Readonly<Record<string, string>>;

  private constructor(dir: string, url: string, rtmpPort: number, command: readonly [string, ...string[]], env: Readonly<Record<string, string>> = {}) {
    this.dir = dir;
    this.url = url;
    this.rtmpPort = rtmpPort;
    this.#command = command;
    this.#env = env;
    this.program = this.#run();
  }

  /** `more`: further arguments; `ladder`: the rungs that are made of the picture; `env`: what is other in its surroundings. */
  static async start(more: readonly string[] = [], ladder = 'off', env: Readonly<Record<string, string>> = {}): Promise<Server> {
    const dir = await temporary();
    const [httpPort, rtmpPort, turnPort, srtPort] = [await freePort(), await freePort(), await freePort(), await freePort()];
    const server = new Server(dir, `http://127.0.0.1:${httpPort}`, rtmpPort, [
      shoal, 'serve', '--data', dir, '--http', `127.0.0.1:${httpPort}`, '--rtmp', `127.0.0.1:${rtmpPort}`, '--turn', `127.0.0.1:${turnPort}`,
      '--srt', `127.0.0.1:${srtPort}`, '--ladder', ladder, ...more,
    ], env);
    await server.#answers();
    return server;
  }

  /** Starts one elsewhere. Its viewers may answer the sharing question in a link. */
  static async startAt(site: Site, ...more: readonly string[]): Promise<Server> {
    const dir = await temporary();
    const [first = shoal, ...rest] = [...site.prefix, shoal];
    const server = new Server(dir, `http://${site.door}:${site.httpPort}`, site.rtmpPort, [
      first, ...rest, 'serve', '--data', dir, '--http', `:${site.httpPort}`, '--rtmp', `:${site.rtmpPort}`, '--turn', `:${site.turnPort}`,
      '--public-url', `http://${site.host}:${site.httpPort}`, '--public-ip', site.host, '--share-preset', '--ladder', 'off', ...more,
    ]);
    await server.#answers();
    return server;
  }

  /** Kills it, as a power cut would. */
  async kill(): Promise<void> {
    this.program.signal('SIGKILL');
    await this.program.ended;
  }

  /** Starts it again on the same directory and ports. */
  async again(): Promise<void> {
    this.program = this.#run();
    await this.#answers();
  }

  #run(): Program {
    const [command, ...args] = this.#command;
    return new Program(command, args, this.#env);
  }

  async #answers(): Promise<void> {
    await until('the server answers', async () => {
      if (!this.program.running) throw new Error(this.log());
      return (await fetch(`${this.url}/api/v1/channels`)).ok;
    }, START_MS);
  }

  /** All that it logged. */
  log(): string {
    return this.program.err.join('\n');
  }

  async addChannel(name: string): Promise<Card> {
    const added = await run(shoal, ['channel', 'add', name, '--data', this.dir, '--json']);
    if (added.code !== 0) throw new Error(added.err);
    return JSON.parse(added.out) as Card;
  }

  /** Makes a pass to a private channel. */
  async pass(name: string, lasting = '1h'): Promise<string> {
    const made = await run(shoal, ['channel', 'pass', name, '--for', lasting, '--data', this.dir, '--json']);
    if (made.code !== 0) throw new Error(made.err);
    return (JSON.parse(made.out) as { pass: string }).pass;
  }

  async channel(name: string, token = ''): Promise<ChannelState> {
    return (await fetch(`${this.url}/api/v1/channels/${name}?token=${token}`)).json() as Promise<ChannelState>;
  }

  async figures(): Promise<Figures> {
    return new Figures(await (await fetch(`${this.url}/metrics`)).text());
  }

  /** Media bytes that it wrote to clients so far. */
  async mediaBytes(name: string): Promise<number> {
    return (await this.figures()).sum('shoal_origin_media_bytes_total', { channel: name });
  }

  async stop(): Promise<void> {
    await this.program.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}

export function temporary(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'shoal-e2e-'));
}

/** A port that nobody listened on just now. */
export function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === 'object' ? done(address.port) : failed(new Error('no port'))));
    });
  });
}

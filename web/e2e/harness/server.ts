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
  readonly watch_url: string;
  readonly hls_url: string;
}

/** What /api/v1/channels/NAME says, as far as tests ask. */
export interface ChannelState {
  readonly live: boolean;
  readonly viewers: number;
  readonly epoch: number;
  readonly tracks: readonly { readonly kind: string; readonly codec: string }[];
}

export class Server {
  readonly dir: string;
  readonly url: string;
  readonly rtmpPort: number;
  program: Program;
  readonly #args: readonly string[];

  private constructor(dir: string, httpPort: number, rtmpPort: number, turnPort: number) {
    this.dir = dir;
    this.url = `http://127.0.0.1:${httpPort}`;
    this.rtmpPort = rtmpPort;
    this.#args = [
      'serve', '--data', dir, '--http', `127.0.0.1:${httpPort}`, '--rtmp', `127.0.0.1:${rtmpPort}`, '--turn', `127.0.0.1:${turnPort}`,
    ];
    this.program = new Program(shoal, this.#args);
  }

  static async start(): Promise<Server> {
    const server = new Server(await temporary(), await freePort(), await freePort(), await freePort());
    await server.#answers();
    return server;
  }

  /** Kills it, as a power cut would, and starts it again in the same place: whatever was live is over. */
  async killAndStart(): Promise<void> {
    this.program.signal('SIGKILL');
    await this.program.stop();
    this.program = new Program(shoal, this.#args);
    await this.#answers();
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

  async channel(name: string): Promise<ChannelState> {
    return (await fetch(`${this.url}/api/v1/channels/${name}`)).json() as Promise<ChannelState>;
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

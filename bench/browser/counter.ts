// What leaves the origin, counted: a reverse proxy in front of it that every engine goes through alike.
//
// What it is: HTTP and WebSockets, passed on as they come, each request put into a class by its path.
// Who calls it: studio.ts starts it, run.ts reads it before and after.
// What it owns: the counts.
// What it will never do: keep a byte, know which engine asks, or change anything but this: below PLAIN_PATH playlists come as
// ordinary HLS has them, without what low latency adds, as players that make nothing of it should be served.
import { readFile } from 'node:fs/promises';
import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { Duplex } from 'node:stream';

/** `record`: hashes and signatures. `tracker`: what introduces viewers. `page`: scripts and the like. `other`: the rest of the API. */
export type Kind = 'media' | 'playlist' | 'record' | 'tracker' | 'page' | 'other';
export const kinds: readonly Kind[] = ['media', 'playlist', 'record', 'tracker', 'page', 'other'];

export interface Count {
  /** Requests; a WebSocket is one. */
  requests: number;
  /** Bytes of answers' bodies, as far as they were sent. Of a WebSocket: what it sent, frames included. */
  bytes: number;
  /** All bytes on the connections, both ways, heads included. */
  wire: number;
}

export type Counts = Record<Kind, Count>;

/** Where the p2p-media-loader's tracker is asked, and the pages of the engines that are not ours lie. */
export const TRACKER_PATH = '/announce';
export const PAGES_PATH = '/bench/';

/** How a tracker is away: connections to it end, or nothing ever comes over them. */
export type Away = 'refused' | 'silent';

export const PLAIN_PATH = '/plain/';

const lowLatencyTags = /^#EXT-X-(?:PART|PART-INF|PRELOAD-HINT|SERVER-CONTROL|RENDITION-REPORT|SKIP)[:\r]/;

/** A playlist as ordinary HLS has it: whole segments, and no more about the server than that. */
export function plainPlaylist(playlist: string): string {
  return playlist.split('\n').filter((line) => !lowLatencyTags.test(line)).join('\n');
}

export function kindOf(path: string): Kind {
  const bare = path.replace(/\?.*$/, '');
  if (bare.startsWith('/hls/') || bare.startsWith(PLAIN_PATH)) {
    if (bare.endsWith('.m3u8')) return 'playlist';
    return bare.endsWith('.m4s') || bare.endsWith('.mp4') || bare.includes('/stripes/') ? 'media' : 'record';
  }
  if (bare === TRACKER_PATH || bare === '/api/v1/tracker' || bare.endsWith('/join')) return 'tracker';
  return bare.startsWith('/api/') ? 'other' : 'page';
}

export function noCounts(): Counts {
  const counts: Partial<Counts> = {};
  for (const kind of kinds) counts[kind] = { requests: 0, bytes: 0, wire: 0 };
  return counts as Counts;
}

/** What was counted between two looks. */
export function since(before: Counts, after: Counts): Counts {
  const counts = noCounts();
  for (const kind of kinds) {
    for (const field of ['requests', 'bytes', 'wire'] as const) counts[kind][field] = after[kind][field] - before[kind][field];
  }
  return counts;
}

export interface Behind {
  readonly originPort: number;
  readonly trackerPort: number;
  /** The folder of the pages below PAGES_PATH. */
  readonly pages: string;
}

const mime: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8' };

export class Counter {
  readonly #counts = noCounts();
  readonly #behind: Behind;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server: Server;
  /** Connections to the tracker that are up, and whether it is kept from everybody. */
  readonly #talks = new Set<Duplex>();
  #away: Away | null = null;
  /** What of each connection was counted already. */
  readonly #counted = new WeakMap<Socket, number>();

  constructor(behind: Behind) {
    this.#behind = behind;
    this.#server = createServer((asked, answer) => this.#pass(asked, answer));
    this.#server.on('upgrade', (asked: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(asked, socket as Socket, head));
    this.#server.keepAliveTimeout = 60_000;
  }

  /** Listens at a host, and returns the port. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((done, failed) => {
      this.#server.once('error', failed);
      this.#server.listen(port, host, () => done((this.#server.address() as AddressInfo).port));
    });
  }

  counts(): Counts {
    return structuredClone(this.#counts);
  }

  /** Keeps the tracker from everybody, or no longer. What is silent then stays so for connections that have met it. */
  keep(away: Away | null): void {
    this.#away = away;
    if (away === 'refused') for (const talk of this.#talks) talk.destroy();
    if (away === 'silent') for (const talk of this.#talks) talk.removeAllListeners('data').unpipe().resume();
    if (away) this.#talks.clear();
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }

  #pass(asked: IncomingMessage, answer: ServerResponse): void {
    const path = asked.url ?? '/';
    const count = this.#counts[kindOf(path)];
    count.requests++;
    if (this.#away && kindOf(path) === 'tracker') {
      if (this.#away === 'refused') asked.socket.destroy();
      return;
    }
    answer.on('close', () => this.#wire(asked.socket, count));
    if (path.startsWith(PAGES_PATH)) {
      void this.#page(path, answer, count);
      return;
    }
    const plain = path.startsWith(PLAIN_PATH);
    const passed = request({
      host: '127.0.0.1', port: this.#behind.originPort, agent: this.#agent, method: asked.method,
      headers: plain ? { ...asked.headers, 'accept-encoding': 'identity' } : asked.headers, // what is to be read must be readable
      path: plain ? path.replace(PLAIN_PATH, '/hls/') : path,
    }, (given) => {
      if (plain && kindOf(path) === 'playlist' && given.statusCode === 200) {
        void simplify(given, answer, count);
        return;
      }
      answer.writeHead(given.statusCode ?? 502, given.rawHeaders);
      given.on('data', (bytes: Buffer) => {
        count.bytes += bytes.length;
      });
      given.on('error', () => answer.destroy());
      given.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy()); // whoever asked may be gone
    asked.pipe(passed);
  }

  async #page(path: string, answer: ServerResponse, count: Count): Promise<void> {
    const name = normalize(new URL(path, 'http://localhost').pathname.slice(PAGES_PATH.length));
    try {
      if (name.startsWith('..')) throw new Error('outside');
      const bytes = await readFile(join(this.#behind.pages, name));
      count.bytes += bytes.length;
      answer.writeHead(200, { 'Content-Type': mime[extname(name)] ?? 'application/octet-stream', 'Content-Length': bytes.length });
      answer.end(bytes);
    } catch {
      answer.writeHead(404).end();
    }
  }

  #upgrade(asked: IncomingMessage, socket: Socket, head: Buffer): void {
    const path = asked.url ?? '/';
    const count = this.#counts[kindOf(path)];
    count.requests++;
    if (this.#away && kindOf(path) === 'tracker') {
      socket.on('error', () => socket.destroy()).resume();
      if (this.#away === 'refused') socket.destroy();
      return;
    }
    const port = path.startsWith(TRACKER_PATH) ? this.#behind.trackerPort : this.#behind.originPort;
    const behind = connect(port, '127.0.0.1', () => {
      const headers = asked.rawHeaders.flatMap((name, i, all) => (i % 2 ? [] : [`${name}: ${all[i + 1]}`]));
      behind.write(`${asked.method} ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
      behind.write(head);
      socket.pipe(behind).pipe(socket);
    });
    behind.on('data', (bytes: Buffer) => {
      count.bytes += bytes.length;
      count.wire += bytes.length;
    });
    socket.on('data', (bytes: Buffer) => {
      count.wire += bytes.length;
    });
    for (const [one, other] of [[socket, behind], [behind, socket]] as const) {
      if (kindOf(path) === 'tracker') this.#talks.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#talks.delete(one);
        other.destroy();
      });
    }
  }

  #wire(socket: Socket, count: Count): void {
    const all = socket.bytesRead + socket.bytesWritten;
    count.wire += all - (this.#counted.get(socket) ?? 0);
    this.#counted.set(socket, all);
  }
}

async function simplify(given: IncomingMessage, answer: ServerResponse, count: Count): Promise<void> {
  let playlist = '';
  try {
    for await (const bytes of given) playlist += String(bytes);
  } catch {
    answer.destroy();
    return;
  }
  const bytes = Buffer.from(plainPlaylist(playlist));
  count.bytes += bytes.length;
  const { 'content-type': type, 'cache-control': cache, 'access-control-allow-origin': allowed } = given.headers;
  answer.writeHead(200, {
    'Content-Length': bytes.length, ...(type ? { 'Content-Type': type } : {}), ...(cache ? { 'Cache-Control': cache } : {}),
    ...(allowed ? { 'Access-Control-Allow-Origin': allowed } : {}),
  });
  answer.end(bytes);
}

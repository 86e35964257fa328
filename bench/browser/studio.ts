// One live stream, and everything between its publisher and the viewers' lines.
//
// What it is: bin/shoal, an ffmpeg per length of segment with the same clocked picture, p2p-media-loader's kind of tracker,
// and the counting proxy in front of all.
// Who calls it: main.ts opens it once for all runs.
// What it owns: these programs and their folder, until close().
// What it will never do: start or stop anything between two runs: all engines find the same machine.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Program, run } from '../../web/e2e/harness/program';
import { freePort, shoal, temporary, type Card } from '../../web/e2e/harness/server';
import { until } from '../../web/e2e/harness/until';
import { clockedPicture, FRAME_RATE } from './clock';
import { Counter } from './counter';

export interface Stream {
  /** Lengths of segments that are needed, in seconds; each is a channel of its own. */
  readonly segments: readonly number[];
  /** Kilobits a second of the picture. */
  readonly kbit: number;
  /** Whether there is a tone: a track of its own. */
  readonly sound: boolean;
}

const AUDIO_KBIT = 96;
const READY_MS = 30_000;
/** How long a broadcast runs before anybody looks at it: the playlist is full then. */
const FULL_MS = 30_000;
/** What a viewer of p2p-media-loader is told between two announcements to the tracker, in milliseconds. */
const ANNOUNCE_MS = 30_000;

interface BitTorrentTracker {
  on(event: 'error' | 'warning', listener: (error: Error) => void): void;
  listen(port: number, host: string, listening: () => void): void;
  close(): void;
}

export class Studio {
  readonly counter: Counter;
  /** Where viewers reach it. */
  readonly url: string;
  readonly stun: string;
  /** The instant from which the clock in the picture counts. */
  readonly epochMs: number;
  readonly #direct: string;
  readonly #ends: (() => Promise<unknown> | void)[];

  private constructor(counter: Counter, url: string, stun: string, direct: string, epochMs: number, ends: (() => Promise<unknown> | void)[]) {
    this.counter = counter;
    this.url = url;
    this.stun = stun;
    this.epochMs = epochMs;
    this.#direct = direct;
    this.#ends = ends;
  }

  /** `host` is the address that viewers can reach. */
  static async open(host: string, stream: Stream): Promise<Studio> {
    const ends: (() => Promise<unknown> | void)[] = [];
    try {
      const [front, http, rtmp, turn, tracker] = await Promise.all([freePort(), freePort(), freePort(), freePort(), freePort()]);
      const url = `http://${host}:${front}`;
      const direct = `http://127.0.0.1:${http}`;
      const dir = await temporary();
      ends.push(() => rm(dir, { recursive: true, force: true }));
      const server = new Program(shoal, [
        'serve', '--data', dir, '--http', `127.0.0.1:${http}`, '--rtmp', `127.0.0.1:${rtmp}`, '--turn', `${host}:${turn}`, '--whip', 'off', '--ladder', 'off',
        '--public-url', url, '--share-preset', '--log-level', 'warn',
      ]);
      ends.push(() => server.stop());
      await until('the server answers', async () => (await fetch(`${direct}/api/v1/channels`)).ok, READY_MS);
      ends.push(await announceTo(tracker));
      const counter = new Counter({ originPort: http, trackerPort: tracker, pages: join(import.meta.dirname, 'pages') });
      await counter.listen(host, front);
      ends.push(() => counter.stop());
      const epochMs = Date.now();
      for (const segmentS of stream.segments) {
        const publisher = await publish(dir, rtmp, epochMs, segmentS, stream);
        ends.push(() => publisher.stop());
      }
      const studio = new Studio(counter, url, `stun:${host}:${turn}`, direct, epochMs, ends);
      for (const segmentS of stream.segments) {
        await until(`${channelOf(segmentS)} is live`, async () => (await studio.bytesPerSecond(segmentS)) > 0, READY_MS);
      }
      await new Promise((resolve) => setTimeout(resolve, FULL_MS));
      return studio;
    } catch (error) {
      await end(ends);
      throw error;
    }
  }

  /** Media bytes a second that are published, by the whole segments in the playlists now. It is not asked through the counter. */
  async bytesPerSecond(segmentS: number): Promise<number> {
    const master = `${this.#direct}/hls/${channelOf(segmentS)}/master.m3u8`;
    let rate = 0;
    for (const [uri] of (await text(master)).matchAll(/\b\d+\.m3u8/g)) {
      const base = new URL(uri, master).href;
      const segments = [...(await text(base)).matchAll(/#EXTINF:([\d.]+),[^\n]*\n(?:#[^\n]*\n)*([^#\n]+\/s\d+\.m4s)/g)];
      let [bytes, seconds] = [0, 0];
      for (const [, duration, segment] of segments) {
        const answer = await fetch(new URL(segment ?? '', base), { method: 'HEAD' });
        if (!answer.ok) continue; // it slid out meanwhile
        bytes += Number(answer.headers.get('Content-Length'));
        seconds += Number(duration);
      }
      rate += seconds ? bytes / seconds : 0;
    }
    return rate;
  }

  close(): Promise<void> {
    return end(this.#ends);
  }
}

export function channelOf(segmentS: number): string {
  return `bench-${String(segmentS).replace('.', '-')}s`;
}

async function end(ends: (() => Promise<unknown> | void)[]): Promise<void> {
  for (const last of ends.reverse()) await last();
  ends.length = 0;
}

async function text(address: string): Promise<string> {
  const answer = await fetch(address);
  return answer.ok ? answer.text() : '';
}

async function publish(dir: string, rtmpPort: number, epochMs: number, segmentS: number, { kbit, sound }: Stream): Promise<Program> {
  const added = await run(shoal, ['channel', 'add', channelOf(segmentS), '--data', dir, '--json']);
  if (added.code !== 0) throw new Error(added.err);
  const card = JSON.parse(added.out) as Card;
  const frames = String(Math.round(segmentS * FRAME_RATE));
  return new Program('ffmpeg', [
    '-hide_banner', '-nostdin', '-loglevel', 'warning', '-f', 'lavfi', '-i', clockedPicture(epochMs),
    ...(sound ? ['-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'] : []),
    '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-threads', '1', '-g', frames, '-keyint_min', frames, '-sc_threshold', '0',
    '-b:v', `${kbit}k`, '-minrate', `${kbit}k`, '-maxrate', `${kbit}k`, '-bufsize', `${kbit}k`, '-nal-hrd', 'cbr', '-pix_fmt', 'yuv420p',
    ...(sound ? ['-c:a', 'aac', '-b:a', `${AUDIO_KBIT}k`] : []), '-f', 'flv', `rtmp://127.0.0.1:${rtmpPort}/live/${card.stream_key}`,
  ]);
}

/** Starts a WebTorrent tracker, which is what p2p-media-loader meets others through; returns its end. */
async function announceTo(port: number): Promise<() => void> {
  const module = 'bittorrent-tracker/server'; // it has no types
  const { default: Tracker } = await import(module) as { default: new (options: object) => BitTorrentTracker };
  const tracker = new Tracker({ udp: false, http: true, ws: true, stats: false, interval: ANNOUNCE_MS });
  tracker.on('error', (error) => console.error('tracker:', error.message));
  tracker.on('warning', () => undefined); // viewers that left
  await new Promise<void>((listening) => tracker.listen(port, '127.0.0.1', listening));
  return () => tracker.close();
}

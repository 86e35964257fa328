import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Writer } from './bytes';
import { Origin } from './origin';
import { BACK_FIRST_MS, BACK_MOST_MS, Frames, QUIET_MS, Inflow } from './inflow';
import { EARLY_MAX, EARLY_MS, LATE_MAX, Stripes, WAIT_MS } from './stripes';
import type { Opened } from './tape';
import { MESSAGE_MAX, PIECE_HEADER, pieceMessage } from './wire';

const name = (seq: number, track = 0, epoch = 3) => ({ epoch, track, seq });
const opened = (seq: number): Opened => ({ part: name(seq), msn: 0, index: 0, length: 16 * 4096, pieceSize: 4096,
  durationUs: 500_000, wallMs: 0, init: '', independent: false, discontinuity: false,
});
const bytes = (seq: number, piece: number): Uint8Array<ArrayBuffer> => new Uint8Array(4096).fill(16 * seq + piece);

function frame(message: Uint8Array): Uint8Array {
  return new Writer().bytes(message).written();
}

/** The server: inflows that the test fills, and ranges. */
interface Answer {
  readonly url: string;
  readonly signal: AbortSignal;
  send(bytes: Uint8Array): void;
  piece(seq: number, piece: number): void;
  end(): void;
}

let inflows: Answer[];
let ranges: string[];
let status: number;
let from: string;
let got: string[];
let httpBytes: number;
let origin: Origin;

beforeEach(() => {
  vi.useFakeTimers();
  [inflows, ranges, status, from, got, httpBytes] = [[], [], 200, '5,7', [], 0];
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const range = new Headers(init.headers).get('Range');
    if (url.includes('/stripes/')) return inflow(url, init.signal as AbortSignal);
    ranges.push(`${url} ${range}`);
    const [, first = '0', last = '65535'] = /bytes=(\d+)-(\d+)/.exec(range ?? '') ?? [];
    const body = new Uint8Array(Number(last) + 1 - Number(first));
    return new Response(body, range ? { status: 206, headers: { 'Content-Range': `bytes ${first}-${last}/65536` } } : {});
  });
  origin = new Origin('', 'a', {
    piece: (part, piece, message) => got.push(`${part.seq}/${piece}: ${message.length}, ${message[PIECE_HEADER]}`),
    here: () => false,
    awaited: () => 0,
    record: () => undefined,
    received: (more) => (httpBytes += more),
    done: (ref, failed) => got.push(`${ref} ${failed ? 'failed' : 'done'}`),
  });
});

afterEach(() => {
  origin.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function inflow(url: string, signal: AbortSignal): Response {
  let controller: ReadableStreamDefaultController | undefined;
  const body = new ReadableStream({
    start: (its) => {
      controller = its;
    },
  });
  signal.addEventListener('abort', () => controller?.error(new Error('aborted')));
  const send = (more: Uint8Array): void => controller?.enqueue(more.slice());
  inflows.push({
    url, signal, send, piece: (seq, piece) => send(frame(pieceMessage(name(seq), piece, bytes(seq, piece)))), end: () => controller?.close(),
  });
  return new Response(status === 200 ? body : null, { status, headers: from ? { 'Shoal-From': from } : {} });
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const fetched = (ref: number, seq: number, first: number, to: number) => origin.fetch({ ref, part: name(seq), from: first, to, withinMs: 8000 }, opened(seq));

/** Seeds stripes 0 and 1, and returns the inflow that the server then sends. */
async function seeding(mask = 3): Promise<Answer> {
  origin.opened(name(4));
  origin.seed(mask);
  await settle();
  const open = inflows.at(-1);
  if (!open) throw new Error('no inflow was opened');
  return open;
}

describe('a seed', () => {
  it('opens one inflow, and asks for nothing that it brings', async () => {
    const open = await seeding();
    expect(open.url).toBe('/hls/a/3/stripes/0003');
    open.piece(5, 0); // before it is asked for
    open.piece(5, 1);
    await settle();
    void fetched(1, 5, 0, 2);
    await settle();
    expect(got).toEqual(['5/0: 4116, 80', '5/1: 4116, 81', '1 done']);
    void fetched(2, 6, 0, 2); // and after it
    open.piece(6, 0);
    await settle();
    open.send(new Uint8Array(4));
    open.piece(6, 1);
    await settle();
    expect(got.slice(3)).toEqual(['6/0: 4116, 96', '6/1: 4116, 97', '2 done']);
    expect([ranges, inflows.length, httpBytes]).toEqual([[], 1, 4 * 4096]);
  });

  it('asks by range at once for what the inflow does not carry', async () => {
    const open = await seeding();
    void fetched(1, 4, 0, 2); // from before the inflow
    void fetched(2, 6, 0, 4); // two of its stripes, and two others
    open.piece(6, 0);
    open.piece(6, 1);
    await settle();
    expect(ranges).toEqual(['/hls/a/3/0/p4.m4s bytes=0-8191', '/hls/a/3/0/p6.m4s bytes=8192-16383']);
    expect(got).toEqual(expect.arrayContaining(['1 done', '2 done', '6/0: 4116, 96', '6/3: 4116, 0']));
    void fetched(3, 5, 0, 1); // the inflow has gone past it
    await settle();
    expect(ranges.at(-1)).toBe('/hls/a/3/0/p5.m4s bytes=0-4095');
  });

  it('waits a moment for a slow inflow, asks a second time at once, and leaves it when it is no help', async () => {
    const open = await seeding();
    for (let seq = 5; seq < 5 + LATE_MAX; seq++) {
      void fetched(seq, seq, 0, 2);
      await vi.advanceTimersByTimeAsync(WAIT_MS - 1);
      expect(ranges.length).toBe(seq - 5);
      if (seq === 5) {
        void fetched(99, 5, 1, 2);
        await settle();
        expect(ranges.splice(0)).toEqual(['/hls/a/3/0/p5.m4s bytes=4096-8191']);
      }
      await vi.advanceTimersByTimeAsync(1);
      expect(ranges.at(-1)).toBe(`/hls/a/3/0/p${seq}.m4s bytes=0-8191`);
    }
    expect(open.signal.aborted).toBe(true);
    void fetched(9, 9, 0, 2); // without an inflow nothing is waited for
    await settle();
    expect(ranges.at(-1)).toBe('/hls/a/3/0/p9.m4s bytes=0-8191');
    await vi.advanceTimersByTimeAsync(BACK_FIRST_MS);
    expect(inflows.length).toBe(2);
  });

  it('opens the new inflow before it closes the old one', async () => {
    const old = await seeding();
    let aborted: boolean | undefined;
    const before = globalThis.fetch;
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      aborted = old.signal.aborted;
      return before(url, init);
    });
    origin.seed(7);
    await settle();
    expect([aborted, old.signal.aborted, inflows.map(({ url }) => url.slice(-4))]).toEqual([false, true, ['0003', '0007']]);
    origin.opened(name(0, 0, 4)); // another epoch
    await settle();
    expect(inflows.at(-1)?.url).toBe('/hls/a/4/stripes/0007');
    origin.seed(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([inflows.length, inflows.every(({ signal }) => signal.aborted)]).toEqual([3, true]);
  });

  it.each([
    ['it ends', (open: Answer) => open.end()],
    ['it is malformed', (open: Answer) => open.send(new Uint8Array(8).fill(255))],
    ['a frame is no piece', (open: Answer) => open.send(frame(new Uint8Array(30)))],
  ])('comes back with growing pauses when %s', async (_what, spoil) => {
    const open = await seeding();
    void fetched(1, 5, 0, 1);
    spoil(open);
    await settle();
    expect(ranges).toEqual(['/hls/a/3/0/p5.m4s bytes=0-4095']); // who waits is told
    for (let n = 2, pause = BACK_FIRST_MS; n < 8; n++, pause = Math.min(2 * pause, BACK_MOST_MS)) {
      await vi.advanceTimersByTimeAsync(pause - 1);
      expect(inflows.length).toBe(n - 1);
      await vi.advanceTimersByTimeAsync(1);
      expect(inflows.length).toBe(n);
      spoil(inflows[n - 1] as Answer);
      await settle();
    }
  });

  it('asks anew at once when a long answer ends, and after a silence', async () => {
    const open = await seeding();
    for (let ms = 0; ms < 60_000; ms += 10_000) {
      await vi.advanceTimersByTimeAsync(10_000);
      open.send(new Uint8Array(4));
    }
    expect(inflows.length).toBe(1);
    open.end();
    await settle();
    expect(inflows.length).toBe(2);
    await vi.advanceTimersByTimeAsync(QUIET_MS + BACK_FIRST_MS);
    expect([inflows[1]?.signal.aborted, inflows.length]).toEqual([true, 3]);
  });

  it.each([[404, '5,7', 1], [503, '5,7', 2], [200, '', 2], [200, '5,x', 2], [200, '1,2,3,4,5,6,7,8,9', 2]])(
    'does not trust an answer %i with "%s"', async (code, header, requests) => {
      [status, from] = [code, header];
      await seeding();
      void fetched(1, 5, 0, 2);
      await settle();
      expect(ranges.length).toBe(1);
      await vi.advanceTimersByTimeAsync(BACK_FIRST_MS);
      expect(inflows.length).toBe(requests);
    });

  it('ends everything at stop', async () => {
    const open = await seeding();
    void fetched(1, 5, 0, 2);
    origin.stop();
    origin.seed(5);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([open.signal.aborted, inflows.length, ranges, got]).toEqual([true, 1, [], []]);
  });
});

it('a fetch that the inflow serves looks no quicker to the engine than the server is', async () => {
  const stripes = new Stripes((path) => path, () => undefined);
  stripes.timed(120);
  expect(stripes.tripMs).toBe(120);
  const open = await seeding();
  const before = globalThis.fetch;
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    await new Promise((done) => setTimeout(done, 200));
    return before(url, init);
  });
  void fetched(1, 4, 0, 1);
  await vi.advanceTimersByTimeAsync(200);
  open.piece(5, 0);
  await settle();
  got = [];
  void fetched(2, 5, 0, 1);
  await vi.advanceTimersByTimeAsync(199);
  expect(got).toEqual(['5/0: 4116, 80']); // the piece itself is not held up
  await vi.advanceTimersByTimeAsync(1);
  expect(got.at(-1)).toBe('2 done');
});

it('keeps early pieces within a bound and a time', async () => {
  const stripes = new Stripes((path) => path, () => undefined);
  const early = (): number => {
    let n = 0;
    for (let seq = 0; seq < EARLY_MAX; seq++) n += 16 - stripes.serve(name(seq), 0, 16, 16, () => undefined).others.length;
    return n;
  };
  for (let n = 0; n < 2 * EARLY_MAX; n++) stripes.came(name(n >> 4), n & 15, pieceMessage(name(n >> 4), n & 15, bytes(1, 1)));
  expect(early()).toBe(EARLY_MAX);
  stripes.came(name(1), 1, pieceMessage(name(1), 1, bytes(1, 1)));
  vi.advanceTimersByTime(EARLY_MS);
  stripes.came(name(2), 1, pieceMessage(name(2), 1, bytes(1, 1)));
  expect(early()).toBe(1);
});

it('cuts frames whatever the bytes come in', () => {
  const messages = [pieceMessage(name(1), 0, new Uint8Array(1).fill(9)), pieceMessage(name(2), 255, new Uint8Array(16384).fill(7)), pieceMessage(name(3), 3, bytes(1, 2))];
  const all = new Writer();
  for (const message of messages) all.u32(0).bytes(message).u32(0);
  for (const size of [1, 2, 3, 5, 23, 24, 25, 1000, 16_404, 100_000]) {
    const cut: Uint8Array[] = [];
    const frames = new Frames((message) => cut.push(message));
    for (let at = 0; at < all.written().length; at += size) frames.take(all.written().subarray(at, at + size));
    expect(cut).toEqual(messages);
  }
  expect(() => new Frames(() => undefined).take(new Writer().u32(MESSAGE_MAX + 1).written())).toThrow();
});

it('an inflow brings only its own stripes', () => {
  const none = new Inflow((path) => path, { epoch: 3, mask: 3, tracks: 0xff }, { begun: () => undefined, came: () => undefined, ended: () => false });
  expect(none.brings(name(5), 0, 16)).toBe(false); // it is not open
});

it('who follows some tracks is sent their stripes alone', async () => {
  origin.follow(0b110);
  const first = await seeding();
  expect(first.url).toBe('/hls/a/3/stripes/0003?tracks=06');
  origin.follow(0b101);
  await settle();
  expect(inflows[1]?.url).toBe('/hls/a/3/stripes/0003?tracks=05');
  expect(first.signal.aborted, 'the one before goes on till the next one has begun').toBe(true);
  const some = new Inflow((path) => path, { epoch: 3, mask: 3, tracks: 0b10 }, { begun: () => undefined, came: () => undefined, ended: () => false });
  expect(some.brings(name(5, 0), 0, 16)).toBe(false);
});

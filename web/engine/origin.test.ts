import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Lane, LANE_MAX } from './lane';
import { Origin } from './origin';
import type { FetchOrder, Opened } from './tape';
import { Wants, WANTS_MAX, WANT_MS } from './wants';
import { PIECE_HEADER } from './wire';

const part = { epoch: 3, track: 1, seq: 17 };
const opened: Opened = { part, msn: 3 << 20, index: 0, length: 10_000, pieceSize: 4096, durationUs: 500_000, wallMs: 0, init: '', independent: true, discontinuity: false };
const whole = Uint8Array.from({ length: 10_000 }, (_, i) => i % 251);
const order = (from: number, to: number): FetchOrder => ({ ref: 1, part, from, to, withinMs: 1000 });

let requests: { url: string; range: string | null; signal: AbortSignal }[];
let told: string[];
let pieces: Map<number, Uint8Array>;
let origin: Origin;
let answer: (range: string | null) => Response | Promise<Response>;

beforeEach(() => {
  requests = [];
  told = [];
  pieces = new Map();
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const range = new Headers(init.headers).get('Range');
    requests.push({ url, range, signal: init.signal as AbortSignal });
    return new Promise<Response>((resolve, reject) => {
      init.signal?.addEventListener('abort', () => reject(new Error('aborted')));
      Promise.resolve(answer(range)).then(resolve, reject);
    });
  });
  origin = new Origin('', 'a b', {
    piece: (_part, piece, message) => pieces.set(piece, message.slice(PIECE_HEADER)),
    here: () => false,
    awaited: () => 0,
    record: (record) => told.push(`record ${record.join()}`),
    received: (bytes) => told.push(`${bytes} bytes`),
    done: (ref, failed) => told.push(`${ref} ${failed ? 'failed' : 'done'}`),
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A body in chunks of an awkward size. */
function body(bytes: Uint8Array, chunk = 1500): ReadableStream {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + chunk));
      at += chunk;
    },
  });
}

function ranged(range: string | null): Response {
  const [, first, last] = /bytes=(\d+)-(\d+)/.exec(range ?? '') ?? [];
  const headers = { 'Content-Range': `bytes ${first}-${last}/10000` };
  return new Response(body(whole.subarray(Number(first), Number(last) + 1)), { status: 206, headers });
}

it('cuts a range into pieces while it comes', async () => {
  answer = ranged;
  await origin.fetch(order(1, 3), opened);
  expect(requests[0]).toMatchObject({ url: '/hls/a%20b/3/1/p17.m4s', range: 'bytes=4096-9999' });
  expect([...pieces.keys()]).toEqual([1, 2]);
  expect(pieces.get(1)).toEqual(whole.slice(4096, 8192));
  expect(pieces.get(2)).toEqual(whole.slice(8192));
  expect(told.at(-1)).toBe('1 done');
});

it('asks for a record, and says what came of it', async () => {
  answer = () => new Response(new Uint8Array([7, 8]));
  await origin.fetchRecord({ ref: 5, part: order(0, 3).part, withinMs: 100 });
  expect(requests[0]).toMatchObject({ url: '/hls/a%20b/3/1/m17' });
  expect(told).toEqual(['record 7,8', '5 done']);
  answer = () => new Response('not yet', { status: 503 });
  await origin.fetchRecord({ ref: 6, part: order(0, 3).part, withinMs: 100 });
  expect(told.at(-1)).toBe('6 failed');
  answer = () => new Response(new Uint8Array(1_000_000));
  await origin.fetchRecord({ ref: 7, part: order(0, 3).part, withinMs: 100 });
  expect(told.at(-1)).toBe('7 failed');
});

it('asks for a whole part without a range', async () => {
  answer = () => new Response(body(whole));
  await origin.fetch(order(0, 3), opened);
  expect(requests[0]?.range).toBeNull();
  expect([...pieces.keys()]).toEqual([0, 1, 2]);
});

it('finds its pieces in an answer that holds everything', async () => {
  answer = () => new Response(body(whole));
  await origin.fetch(order(1, 2), opened);
  expect([...pieces.keys()]).toEqual([1]);
  expect(pieces.get(1)).toEqual(whole.slice(4096, 8192));
  expect(requests[0]?.signal.aborted).toBe(true); // the rest is not read
});

it.each([
  ['404', () => new Response('', { status: 404 })],
  ['another range', () => new Response(body(whole), { status: 206, headers: { 'Content-Range': 'bytes 0-9999/10000' } })],
  ['a range without its place', () => new Response(body(whole), { status: 206 })],
  ['too few bytes', () => new Response(body(whole.subarray(0, 5000)))],
  ['no network', () => Promise.reject(new TypeError('failed'))],
])('fails once for %s', async (_what, reply) => {
  answer = reply;
  await origin.fetch(order(1, 3), opened);
  expect(told.filter((line) => line.startsWith('1 '))).toEqual(['1 failed']);
});

it('fails for a part that is not open, without a request', async () => {
  await origin.fetch(order(0, 1), undefined);
  expect([requests.length, told]).toEqual([0, ['1 failed']]);
});

it('gives up in time, and tells nothing after stop', async () => {
  vi.useFakeTimers();
  answer = () => new Promise<Response>(() => undefined);
  const slow = origin.fetch(order(0, 1), opened);
  await vi.advanceTimersByTimeAsync(1000);
  await slow;
  expect(told).toEqual(['1 failed']);
  const stopped = origin.fetch(order(0, 1), opened);
  origin.stop();
  await stopped;
  expect(told).toEqual(['1 failed']);
});

it('a lane keeps the order of one sender while something is hashed, within a bound', async () => {
  const lane = new Lane();
  const done: string[] = [];
  let hashed = (): void => undefined;
  lane.push(() => new Promise<void>((resolve) => (hashed = resolve)).then(() => void done.push('record')));
  lane.push(() => void done.push('said'));
  lane.push(() => void done.push('said more'));
  expect(done).toEqual([]);
  hashed();
  await vi.waitFor(() => expect(done).toEqual(['record', 'said', 'said more']));
  lane.push(() => void done.push('at once'));
  expect(done.at(-1)).toBe('at once');
  lane.push(() => new Promise<void>(() => undefined));
  for (let i = 0; i < LANE_MAX; i++) expect(lane.push(() => undefined)).toBe(true);
  expect(lane.push(() => undefined)).toBe(false);
});

it('a want is asked once, answered to all, and to nobody twice', async () => {
  vi.useFakeTimers();
  const wants = new Wants();
  const begin = vi.fn();
  const abort = new AbortController();
  const first = wants.ask(part, abort.signal, begin);
  const second = wants.ask(part, new AbortController().signal, begin);
  abort.abort();
  expect(await first).toBeNull();
  const third = wants.ask(part, new AbortController().signal, begin);
  expect(begin).toHaveBeenCalledTimes(1);
  wants.settle(part, () => new ArrayBuffer(3));
  const [a, b] = await Promise.all([second, third]);
  expect([a?.byteLength, b?.byteLength, a === b]).toEqual([3, 3, false]);
  const late = wants.ask(part, new AbortController().signal, begin);
  await vi.advanceTimersByTimeAsync(WANT_MS);
  expect(await late).toBeNull();
  for (let seq = 0; seq < WANTS_MAX; seq++) void wants.ask({ ...part, seq }, new AbortController().signal, begin);
  expect(await wants.ask({ ...part, seq: WANTS_MAX }, new AbortController().signal, begin)).toBeNull();
  wants.clear();
});

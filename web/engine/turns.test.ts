import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CHECK_MS, FETCH_MS, Own } from './own';
import type { Opened } from './tape';
import { AT_ONCE_MAX, Turns, type Run } from './turns';

const PIECES = 16;

interface Request {
  readonly text: string;
  readonly signal: AbortSignal;
  end(brought: boolean): void;
}

let requests: Request[];
let here: Set<string>;
let own: Own;
let turns: Turns;

beforeEach(() => {
  vi.useFakeTimers();
  [requests, here, own] = [[], new Set(), new Own()];
  turns = new Turns(
    (run, signal) => new Promise((end) => requests.push({ text: `${run.opened.part.seq}:${run.from}-${run.to}`, signal, end })),
    { here: (part, piece) => here.has(`${part.seq}/${piece}`), awaited: (part) => own.awaited(part) },
  );
});

afterEach(() => {
  vi.useRealTimers();
});

function run(seq: number, from = 0, to = PIECES, length = 60_000): Run {
  const part = { epoch: 1, track: 0, seq };
  return {
    opened: { part, msn: 0, index: 0, length, pieceSize: length / PIECES, durationUs: 500_000, wallMs: 0, init: '', independent: true, discontinuity: false } satisfies Opened,
    from, to,
  };
}

const texts = (): string[] => requests.map(({ text }) => text);
const alive = (): AbortSignal => new AbortController().signal;

/** Takes all turns there are, with requests that never end. */
function fill(): void {
  for (let seq = 0; seq < AT_ONCE_MAX; seq++) void turns.ask(run(seq), alive());
}

it('makes a few requests at once, and then the earliest part first', async () => {
  fill();
  const late = turns.ask(run(9), alive());
  const early = turns.ask(run(7), alive());
  expect(requests).toHaveLength(AT_ONCE_MAX);
  requests[0]?.end(true);
  await vi.waitFor(() => expect(texts().at(-1)).toBe('7:0-16'));
  requests.at(-1)?.end(false);
  expect(await early).toBe(false);
  await vi.waitFor(() => expect(texts().at(-1)).toBe('9:0-16'));
  requests.at(-1)?.end(true);
  expect(await late).toBe(true);
});

it('makes one request of those for one part that wait, and only of what is still lacking', async () => {
  fill();
  const asked = [turns.ask(run(5, 2, 4), alive()), turns.ask(run(5, 9, 11), alive()), turns.ask(run(5, 2, 11), alive())];
  const large = [turns.ask(run(6, 0, 2, 640_000), alive()), turns.ask(run(6, 2, 4, 640_000), alive()), turns.ask(run(6, 8, 9, 640_000), alive())];
  for (const piece of [2, 3, 10]) here.add(`5/${piece}`);
  for (const request of [...requests]) request.end(true);
  await vi.waitFor(() => expect(texts().slice(AT_ONCE_MAX)).toEqual(['5:4-10', '6:0-4', '6:8-9']));
  for (const request of requests) request.end(true);
  expect(await Promise.all([...asked, ...large])).toEqual([true, true, true, true, true, true]);
});

it('asks for nothing that came meanwhile, or that nobody waits for any more', async () => {
  fill();
  const came = turns.ask(run(5, 1, 3), alive());
  const left = new AbortController();
  const leaves = turns.ask(run(6), left.signal);
  left.abort();
  expect(await leaves).toBe(false);
  here.add('5/1').add('5/2');
  requests[0]?.end(true);
  expect(await came).toBe(true);
  expect(requests).toHaveLength(AT_ONCE_MAX);
});

it('makes each request once, and none of needless ones takes the turn of another', async () => {
  fill();
  const left = new AbortController();
  for (const seq of [5, 6, 7]) void turns.ask(run(seq), left.signal);
  const came = turns.ask(run(8, 1, 2), alive());
  for (const seq of [9, 10]) void turns.ask(run(seq), alive());
  left.abort();
  here.add('8/1');
  for (const request of requests.slice(0, AT_ONCE_MAX)) request.end(true);
  expect(await came).toBe(true);
  expect(texts().slice(AT_ONCE_MAX)).toEqual(['9:0-16', '10:0-16']);
});

it('ends a request when all who asked have left', async () => {
  fill();
  const [one, other] = [new AbortController(), new AbortController()];
  void turns.ask(run(5), one.signal);
  void turns.ask(run(5), other.signal);
  requests[0]?.end(true);
  await vi.waitFor(() => expect(requests).toHaveLength(AT_ONCE_MAX + 1));
  one.abort();
  expect(requests.at(-1)?.signal.aborted).toBe(false);
  other.abort();
  expect(requests.at(-1)?.signal.aborted).toBe(true);
});

it('waits for what the player fetches itself, and for no longer than that may take', async () => {
  const part = (seq: number): Run['opened']['part'] => run(seq).opened.part;
  own.fetches(part(5), performance.now());
  own.fetches(part(6), performance.now());
  const brought = turns.ask(run(5, 0, 1), alive());
  void turns.ask(run(6, 0, 1), alive());
  void turns.ask(run(7, 0, 1), alive());
  expect(texts()).toEqual(['7:0-1']); // they hold up nobody
  here.add('5/0');
  own.has(part(5), performance.now());
  turns.go();
  await vi.advanceTimersByTimeAsync(CHECK_MS);
  expect(await brought).toBe(true);
  expect(texts()).toEqual(['7:0-1']);
  await vi.advanceTimersByTimeAsync(FETCH_MS - CHECK_MS);
  expect(texts()).toEqual(['7:0-1', '6:0-1']);
});

it('asks for nothing after its end', async () => {
  fill();
  void turns.ask(run(5), alive());
  turns.stop();
  for (const request of requests) request.end(false);
  await vi.advanceTimersByTimeAsync(FETCH_MS);
  expect(requests).toHaveLength(AT_ONCE_MAX);
});

it('remembers only so many of the player\'s own', () => {
  for (let seq = 0; seq < 100; seq++) own.fetches(run(seq).opened.part, 1);
  expect([own.awaited(run(0).opened.part), own.awaited(run(99).opened.part)]).toEqual([0, 1 + FETCH_MS]);
});

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Reader, Writer } from './bytes';
import { Mind, type Engine } from './mind';
import type { Birth, Output } from './tape';

const birth: Birth = { self: '00000000000000aa', channel: new Uint8Array(32), seed: new Uint8Array(8), wallMs: 0, uplink: 0 };
const KINDS = ['', 'Tick', 'Introduced', 'PeerUp', 'PeerDown'];
const up = (peer: string) => ({ kind: 'PeerUp', peer: peer.padStart(16, '0') }) as const;

let steps: string[];
let performed: Output[];
let broken: unknown[];
let wake: number | null;
let answer: (kind: string) => Uint8Array;
let perform: (output: Output) => void;

const engine: Engine = {
  birth: () => undefined,
  step: (record) => {
    const reader = new Reader(record);
    const now = reader.u64();
    const kind = KINDS[reader.u8()] ?? '?';
    steps.push(`${kind} at ${Math.floor(now / 1000)}`);
    return answer(kind);
  },
  wakeUs: () => wake,
};

beforeEach(() => {
  vi.useFakeTimers();
  steps = [];
  performed = [];
  broken = [];
  wake = null;
  answer = () => new Uint8Array();
  perform = () => undefined;
});

afterEach(() => vi.useRealTimers());

const born = (): Mind =>
  new Mind(engine, birth, {
    perform: (output) => {
      performed.push(output);
      perform(output);
    },
    broke: (error) => broken.push(error),
  });

it('steps inputs in order, also those that a deed leads to', () => {
  answer = (kind) => (kind === 'PeerUp' ? new Writer().u8(1).peer(birth.self).u8(2).peer(birth.self).u8(4).written() : new Uint8Array());
  const mind = born();
  perform = (output) => {
    if (output.kind === 'Dial') mind.feed({ kind: 'PeerDown', peer: birth.self });
  };
  mind.feed(up('1'));
  expect(performed.map(({ kind }) => kind)).toEqual(['Dial', 'HangUp']);
  expect(steps).toEqual(['PeerUp at 0', 'PeerDown at 0']);
});

it('ticks when the engine asks to be woken, and not sooner', async () => {
  wake = 250_000;
  const mind = born();
  mind.feed(up('1'));
  await vi.advanceTimersByTimeAsync(249);
  expect(steps.length).toBe(1);
  wake = null;
  await vi.advanceTimersByTimeAsync(1000);
  expect(steps).toEqual(['PeerUp at 0', 'Tick at 250']);
});

it('ticks in time though the engine puts it off, or changes its mind', async () => {
  wake = 100_000;
  const mind = born();
  mind.feed(up('1'));
  wake = 180_000;
  mind.feed(up('2'));
  await vi.advanceTimersByTimeAsync(150);
  expect(steps).toEqual(['PeerUp at 0', 'PeerUp at 0']);
  wake = 160_000;
  mind.feed(up('3'));
  wake = null;
  await vi.advanceTimersByTimeAsync(1000);
  expect(steps.slice(2)).toEqual(['PeerUp at 150', 'Tick at 160']);
});

it('makes up for a timer that came late before it feeds what came', () => {
  wake = 100_000;
  const mind = born();
  mind.feed(up('1'));
  vi.setSystemTime(Date.now() + 5000); // a hidden page: time passed, no timer ran
  const late = performance.now() + 5000;
  vi.spyOn(performance, 'now').mockReturnValue(late);
  mind.feed(up('2'));
  vi.mocked(performance.now).mockRestore();
  expect(steps).toEqual(['PeerUp at 0', 'Tick at 5000', 'PeerUp at 5000']);
});

it('ends for good when the engine breaks', async () => {
  wake = 1000;
  const mind = born();
  mind.feed(up('1'));
  answer = () => {
    throw new WebAssembly.RuntimeError('unreachable');
  };
  mind.feed(up('2'));
  mind.feed(up('3'));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(steps.length).toBe(2);
  expect(broken.length).toBe(1);
});

it('ends when the engine answers what is no record', () => {
  answer = () => Uint8Array.of(99);
  born().feed(up('1'));
  expect(broken[0]).toBeInstanceOf(RangeError);
});

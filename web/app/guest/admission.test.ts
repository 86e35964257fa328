import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { channel, type Answer, type Channel } from '../channels/api';
import { Admission } from './admission';

const where = { name: 'fish', base: 'https://s.example' };
const after = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
let answer: Answer<Channel>;
let asked: number;

function admission(told: (channel: Channel | null) => void = () => undefined): Admission {
  return new Admission(where, () => {
    asked++;
    return Promise.resolve(answer);
  }, told);
}

function fish(): Answer<Channel> {
  const value = channel({ name: 'fish', live: true });
  if (!value) throw new Error('that is no channel');
  return { kind: 'ok', value };
}

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
});

afterEach(() => void vi.useRealTimers());

test('a server that does not admit the site, or is down, is told as the element tells it, and asked seldom', async () => {
  answer = { kind: 'away', why: 'Failed to fetch' };
  const told = vi.fn();
  const door = admission(told);
  await after(0);
  expect([door.granted, door.trouble?.code, told.mock.calls]).toEqual([false, 'unreachable', [[null]]]);
  expect(door.trouble?.message).toMatch(/https:\/\/s\.example does not answer.*down.*not admit this site/);
  await after(60_000);
  expect(asked).toBeGreaterThan(2);
  expect(asked, 'tries in the first minute').toBeLessThanOrEqual(5);
  await after(3_600_000);
  expect(asked, 'tries in an hour').toBeLessThanOrEqual(30);
  door.stop();
});

test('a private channel and one that is not there are told, too', async () => {
  for (const [kind, code] of [[{ kind: 'private', over: true }, 'private'], [{ kind: 'missing' }, 'not-found']] as const) {
    answer = kind;
    const door = admission();
    await after(0);
    expect([door.granted, door.trouble?.code]).toEqual([false, code]);
    door.stop();
  }
});

test('whoever is admitted later shares then, and is asked about no more', async () => {
  answer = { kind: 'away', why: 'Failed to fetch' };
  const told = vi.fn();
  const door = admission(told);
  await after(0);
  answer = fish();
  await after(10_000);
  expect([door.granted, door.trouble, told.mock.lastCall?.[0]?.name]).toEqual([true, null, 'fish']);
  await after(3_600_000);
  expect(asked).toBe(2);
});

test('after its stop nothing is asked or told', async () => {
  answer = { kind: 'away', why: 'Failed to fetch' };
  const told = vi.fn();
  admission(told).stop();
  await after(3_600_000);
  expect([asked, told.mock.calls]).toEqual([1, []]);
});

import { expect, test } from 'vitest';
import { Silence } from './silence';

/** When the picture stopped, in page time. */
const STOPPED = 60_000;

test('the server is asked once for each stall, after a second and a little chance', () => {
  for (const [chance, after] of [[0, 1_000], [1, 1_500]] as const) {
    const silence = new Silence(chance);
    silence.asks(STOPPED - 500);
    const due = (stillMs: number): boolean => silence.due(stillMs, STOPPED + stillMs);
    expect([due(0), due(after - 1), due(after)]).toEqual([false, false, true]);
    silence.asks(STOPPED + after);
    expect([due(after + 1), due(60_000)]).toEqual([false, false]);
    expect(silence.due(after, 2 * STOPPED), 'the next stall').toBe(true);
  }
});

test('it does not answer: it was asked in vain since the picture stopped, or has said nothing for five seconds', () => {
  const silence = new Silence(0);
  const unanswered = (stillMs: number): boolean => silence.unanswered(stillMs, STOPPED + stillMs);
  silence.hears(false, STOPPED - 1_000);
  expect([unanswered(0), unanswered(400)], 'a try before that says nothing of now').toEqual([false, false]);
  silence.asks(STOPPED + 1_000);
  expect([unanswered(4_999), unanswered(5_000)], 'it leaves us waiting').toEqual([false, true]);
  silence.hears(false, STOPPED + 1_100);
  expect(unanswered(1_200)).toBe(true);
  silence.hears(true, STOPPED + 4_000);
  expect([unanswered(4_100), unanswered(60_000)], 'it has answered').toEqual([false, false]);
});

test('a picture that nobody asked about is not put down to the server', () => {
  expect(new Silence(0).unanswered(60_000, STOPPED)).toBe(false);
});

test('without a picture the last answer counts', () => {
  const silence = new Silence(0);
  const unanswered = (): boolean => silence.unanswered(Infinity, STOPPED);
  expect(unanswered()).toBe(false);
  silence.asks(1_000);
  expect(unanswered()).toBe(false);
  silence.hears(false, 2_000);
  expect(unanswered()).toBe(true);
  silence.hears(true, 3_000);
  expect(unanswered()).toBe(false);
});

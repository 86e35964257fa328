import { expect, test } from 'vitest';
import { ServerPace } from './pace';

test('a part that the swarm gave in no time repeats the speed of the server', () => {
  const pace = new ServerPace();
  pace.sample(100_000, 100); // 1000 bytes a millisecond
  const { start, first, end } = pace.timings(1000, 200_000, 30, 1);
  expect(end).toBe(1000);
  expect(end - first).toBe(200);
  expect(first - start).toBe(30);
});

test('small transfers say nothing about speed', () => {
  const pace = new ServerPace();
  pace.sample(900, 1);
  expect(pace.bytesPerSecond).toBeNull();
});

test('while the server was never measured the player’s own guess is repeated', () => {
  expect(new ServerPace().timings(1000, 200_000, 30, 500)).toEqual({ start: 570, first: 600, end: 1000 });
});

test('one odd transfer moves the estimate a little only', () => {
  const pace = new ServerPace();
  for (let i = 0; i < 20; i++) pace.sample(100_000, 100);
  pace.sample(100_000, 1);
  expect(pace.bytesPerSecond).toBeLessThan(25_000_000);
  expect(pace.bytesPerSecond).toBeGreaterThan(1_000_000);
});

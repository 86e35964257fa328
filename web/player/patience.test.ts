import { expect, test } from 'vitest';
import { edgePatience, EdgeTrust, RESERVE_MS, WANT_MAX_MS, WANT_MIN_MS, wantPatience } from './patience';

test('the swarm never gets the time that the server would need', () => {
  for (const buffer of [0, 500, 1_000, 1_500, 2_500, 30_000]) {
    const patience = wantPatience(buffer);
    expect(patience).toBeGreaterThanOrEqual(WANT_MIN_MS);
    expect(patience).toBeLessThanOrEqual(WANT_MAX_MS);
    if (patience > WANT_MIN_MS) expect(buffer - patience).toBeGreaterThanOrEqual(RESERVE_MS);
  }
});

test('a tracker that keeps missing parts that were out is not believed for a while', () => {
  const trust = new EdgeTrust();
  trust.missed(5, 0);
  expect(trust.believed(1)).toBe(true);
  trust.missed(5, 2_000);
  expect(trust.believed(2_001)).toBe(false);
  expect(trust.believed(60_000)).toBe(true);
});

test('a part that really was late is not held against the tracker', () => {
  const trust = new EdgeTrust();
  for (let i = 0; i < 10; i++) trust.missed(800, i * 1000);
  expect(trust.believed(10_000)).toBe(true);
});

test('odd part durations give a bounded wait', () => {
  expect(edgePatience(0)).toBe(500);
  expect(edgePatience(0.5)).toBe(1_500);
  expect(edgePatience(60)).toBe(3_000);
});

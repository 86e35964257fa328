import { expect, test } from 'vitest';
import { edgePatience, EdgeTrust, Patience, RESERVE_MS, WANT_MAX_MS, WANT_MIN_MS, wantPatience } from './patience';

test('the swarm never gets the time that the server would need', () => {
  for (const buffer of [0, 500, 1_000, 1_500, 2_500, 30_000]) {
    const patience = wantPatience(buffer);
    expect(patience).toBeGreaterThanOrEqual(WANT_MIN_MS);
    expect(patience).toBeLessThanOrEqual(WANT_MAX_MS);
    if (patience > WANT_MIN_MS) expect(buffer - patience).toBeGreaterThanOrEqual(RESERVE_MS);
  }
});

// Eight pages on a full machine waited for each other down to the last moment, part after part, and stood still; without sharing none did.
test('a picture that ran down waits for nobody for a while', () => {
  const patience = new Patience();
  expect(patience.now(2_500, 0)).toBe(wantPatience(2_500));
  patience.vain(RESERVE_MS + 1, 900);
  expect(patience.now(2_500, 901)).toBe(wantPatience(2_500));
  patience.vain(RESERVE_MS, 1_000);
  expect(patience.now(900, 1_001)).toBe(WANT_MIN_MS);
  patience.vain(900, 5_000); // of what it still asks meanwhile nothing is expected
  expect(patience.now(2_500, 6_999)).toBe(WANT_MIN_MS);
  expect(patience.now(2_500, 7_000)).toBe(wantPatience(2_500));
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

import { expect, test } from 'vitest';
import type { Neighbour } from '../../player/swarm';
import { FlowMeter, letters } from './flows';
import { breadth, FISH_MAX, places, SEA } from './place';
import { bytes, percent, rate, since, whence } from './words';

const peer = (name: string, receivedBytes: number, sentBytes = 0): Neighbour => ({ peer: name, receivedBytes, sentBytes, verified: 1, refused: 0 });

test('rates are those of the last seconds, and old ones die down', () => {
  const meter = new FlowMeter();
  meter.read({ atMs: 0, serverBytes: 0, neighbours: [peer('a', 0)] });
  const moving = meter.read({ atMs: 1_000, serverBytes: 500, neighbours: [peer('a', 2_000, 100)] });
  expect(moving.server.inRate).toBe(500);
  expect(moving.flows[0]).toMatchObject({ label: 'Viewer A', inRate: 2_000, outRate: 100 });
  expect(moving.sourcesNow).toBe(2);
  let last = moving;
  for (let s = 2; s < 12; s++) last = meter.read({ atMs: s * 1000, serverBytes: 500, neighbours: [peer('a', 2_000, 100)] });
  expect(last.sourcesNow).toBe(0);
});

test('a neighbour keeps its letter while others come and go', () => {
  const meter = new FlowMeter();
  meter.read({ atMs: 0, serverBytes: 0, neighbours: [peer('a', 0), peer('b', 0)] });
  const later = meter.read({ atMs: 1_000, serverBytes: 0, neighbours: [peer('b', 0), peer('c', 0)] });
  expect(later.flows.map((flow) => flow.label)).toEqual(['Viewer B', 'Viewer C']);
});

test('counters that live on in the swarm are read as they were', () => {
  const meter = new FlowMeter();
  const live = { ...peer('a', 0) };
  meter.read({ atMs: 0, serverBytes: 0, neighbours: [live] });
  live.receivedBytes = 3_000;
  expect(meter.read({ atMs: 1_000, serverBytes: 0, neighbours: [live] }).flows[0]?.inRate).toBe(3_000);
});

test('letters go on after Z', () => {
  expect([0, 25, 26, 27, 701, 702].map(letters)).toEqual(['A', 'Z', 'AA', 'AB', 'ZZ', 'AAA']);
});

test('every fish swims inside the sea, and none on another', () => {
  for (let n = 1; n <= 40; n++) {
    const all = places(n);
    expect(all.length).toBe(Math.min(n, FISH_MAX));
    for (const [i, a] of all.entries()) {
      expect(a.x).toBeGreaterThan(30);
      expect(a.x).toBeLessThan(SEA.width - 30);
      expect(a.y).toBeGreaterThan(10);
      expect(a.y).toBeLessThan(SEA.height - 10);
      for (const b of all.slice(i + 1)) expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(20);
    }
  }
});

test('a trickle is seen, a flood still fits, nothing is nothing', () => {
  expect(breadth(0)).toBe(0);
  expect(breadth(10)).toBeGreaterThan(1);
  expect(breadth(1e9)).toBe(12);
});

test('numbers in words', () => {
  expect(whence(0)).toBe('from the server');
  expect(whence(1)).toBe('shared by 1 viewer');
  expect(whence(3)).toBe('shared by 3 viewers');
  expect([0, 999, 1_500, 3_400_000, 56_000_000, 1.25e9].map(bytes)).toEqual(['0 B', '999 B', '2 kB', '3.4 MB', '56 MB', '1.3 GB']);
  expect(rate(125_000)).toBe('1.0 Mbit/s');
  expect(percent(0, 0)).toBeNull();
  expect(percent(3, 1)).toBe(75);
  expect(since('2026-01-01T00:00:00Z', Date.parse('2026-01-01T02:05:00Z'))).toBe('for 2 h 5 min');
  expect(since(null, 0)).toBe('');
});

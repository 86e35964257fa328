import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Overhead, wireBytes, type Sender } from './overhead';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const report = (...entries: object[]): RTCStatsReport => new Map(entries.map((entry, i) => [String(i), entry])) as unknown as RTCStatsReport;

class FakeSender implements Sender {
  open = true;
  bytes = 0;
  packets = 0;
  stats = (): Promise<RTCStatsReport> => Promise.resolve(report({ type: 'transport', bytesSent: this.bytes, packetsSent: this.packets }));
}

it('tells what went out beside the pieces, each byte once, of all connections in turn', async () => {
  const [a, b] = [new FakeSender(), new FakeSender()];
  let pieces = 0;
  const told: number[] = [];
  const overhead = new Overhead(() => [a, b], () => pieces, (bytes) => told.push(bytes));
  [a.bytes, a.packets, b.bytes, b.packets, pieces] = [11_000, 10, 5_500, 5, 15_000];
  await vi.advanceTimersByTimeAsync(2_000);
  expect(overhead.sentBytes).toBe(16_500 + 15 * 28);
  expect(told).toEqual([16_500 + 15 * 28 - 15_000]);
  pieces += 20_000; // handed over, not out yet
  await vi.advanceTimersByTimeAsync(4_000);
  expect(told).toHaveLength(1);
  a.bytes += 22_000;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(told).toEqual([1_920, 2_000]);
  overhead.stop();
  a.bytes += 1_000;
  await vi.advanceTimersByTimeAsync(9_000);
  expect(told).toHaveLength(2);
});

it('is silent where the browser does not tell, or there is nobody', async () => {
  const told: number[] = [];
  const dumb: Sender = { open: true, stats: () => Promise.reject(new Error('no')) };
  const overhead = new Overhead(() => [dumb], () => 0, (bytes) => told.push(bytes));
  await vi.advanceTimersByTimeAsync(3_000);
  dumb.stats = () => Promise.resolve(report({ type: 'transport', bytesSent: 'many' }, { type: 'codec' }));
  await vi.advanceTimersByTimeAsync(3_000);
  expect([told, overhead.sentBytes]).toEqual([[], 0]);
  overhead.stop();
});

it('reads either kind of statistics, and does not add one to the other', () => {
  expect(wireBytes(report({ type: 'candidate-pair', bytesSent: 100, packetsSent: 1 }, { type: 'candidate-pair', bytesSent: 50 }))).toBe(178);
  expect(wireBytes(report({ type: 'transport', bytesSent: 200 }, { type: 'candidate-pair', bytesSent: 100, packetsSent: 1 }))).toBe(200);
});

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Overhead, wireBytes, type Sender } from './overhead';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const report = (...entries: object[]): RTCStatsReport => new Map(entries.map((entry, i) => [String(i), entry])) as unknown as RTCStatsReport;

class FakeSender implements Sender {
  open = true;
  buffered = 0;
  pieces = 0;
  bytes = 0;
  packets = 0;
  stats = (): Promise<RTCStatsReport> => Promise.resolve(report({ type: 'transport', bytesSent: this.bytes, packetsSent: this.packets }));
}

it('tells what went out beside the pieces, each byte once, of all connections in turn', async () => {
  const [a, b] = [new FakeSender(), new FakeSender()];
  const told: number[] = [];
  const overhead = new Overhead(() => [a, b], (sender) => sender.pieces, (bytes) => told.push(bytes));
  [a.bytes, a.packets, a.pieces, b.bytes, b.packets, b.pieces] = [11_000, 10, 10_000, 5_500, 5, 5_000];
  await vi.advanceTimersByTimeAsync(2_000);
  expect(told).toEqual([1_000 + 10 * 28, 500 + 5 * 28]);
  a.pieces += 20_000; // handed over, and out only in part
  a.buffered = 12_000;
  a.bytes += 8_000;
  await vi.advanceTimersByTimeAsync(4_000);
  expect(told).toHaveLength(2);
  b.pieces += 9_000; // of another connection, whose turn was a second ago
  a.buffered = 0;
  a.bytes += 14_000;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual([1_280, 640, 2_000]);
  expect(overhead.bytes).toBe(3_920);
  overhead.stop();
  a.bytes += 1_000;
  await vi.advanceTimersByTimeAsync(9_000);
  expect(told).toHaveLength(3);
});

it('is silent where the browser does not tell, or there is nobody', async () => {
  const told: number[] = [];
  const dumb: Sender = { open: true, buffered: 0, stats: () => Promise.reject(new Error('no')) };
  const overhead = new Overhead(() => [dumb], () => 0, (bytes) => told.push(bytes));
  await vi.advanceTimersByTimeAsync(3_000);
  dumb.stats = () => Promise.resolve(report({ type: 'transport', bytesSent: 'many' }, { type: 'codec' }));
  await vi.advanceTimersByTimeAsync(3_000);
  expect([told, overhead.bytes]).toEqual([[], 0]);
  overhead.stop();
});

it('reads either kind of statistics, and does not add one to the other', () => {
  expect(wireBytes(report({ type: 'candidate-pair', bytesSent: 100, packetsSent: 1 }, { type: 'candidate-pair', bytesSent: 50 }))).toBe(178);
  expect(wireBytes(report({ type: 'transport', bytesSent: 200 }, { type: 'candidate-pair', bytesSent: 100, packetsSent: 1 }))).toBe(200);
});

import { expect, test } from 'vitest';
import { HealthMeter, healthWords } from './health';

const report = (bytes: number, sent: number, lost: number, reason = 'none'): Record<string, unknown>[] => [
  { type: 'outbound-rtp', kind: 'video', bytesSent: bytes, packetsSent: sent, framesPerSecond: 29.7, frameWidth: 1280, frameHeight: 720, qualityLimitationReason: reason },
  { type: 'outbound-rtp', kind: 'audio', bytesSent: 0, packetsSent: 0 },
  { type: 'remote-inbound-rtp', kind: 'video', packetsLost: lost, roundTripTime: 0.042 },
  { type: 'codec', mimeType: 'video/H264' },
];

test('rates are of the time between two reports', () => {
  const meter = new HealthMeter();
  expect(meter.read(report(0, 0, 0), 0)).toBeNull();
  const health = meter.read(report(250_000, 200, 2), 1000);
  expect(health).toEqual({ kbit: 2000, fps: 30, size: '1280 × 720', lostPercent: 1, rttMs: 42, limited: null });
  expect(healthWords(health!)).toBe('All is well.');
});

test('trouble is named, the worst first', () => {
  const meter = new HealthMeter();
  meter.read(report(0, 0, 0), 0);
  expect(healthWords(meter.read(report(10_000, 100, 20, 'bandwidth'), 1000)!)).toMatch(/loses/);
  expect(healthWords(meter.read(report(20_000, 200, 20, 'bandwidth'), 2000)!)).toMatch(/connection is slow/);
  expect(healthWords(meter.read(report(30_000, 300, 20, 'cpu'), 3000)!)).toMatch(/device is slow/);
  expect(healthWords(meter.read(report(30_000, 300, 20), 4000)!)).toMatch(/Nothing/);
});

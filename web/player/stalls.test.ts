import { expect, test } from 'vitest';
import { StallMeter, type PictureEvent } from './stalls';

function hear(...events: readonly (readonly [number, PictureEvent])[]): StallMeter {
  const meter = new StallMeter();
  for (const [at, event] of events) meter.hear(event, at);
  return meter;
}

test('waiting before the first frame is no stall', () => {
  expect(hear([0, 'play'], [10, 'waiting'], [900, 'playing']).stalls(1000)).toBe(0);
});

test('waiting during play is one, and its time is counted', () => {
  const meter = hear([0, 'playing'], [1000, 'waiting'], [1500, 'waiting'], [1700, 'playing']);
  expect(meter.stalls(2000)).toBe(1);
  expect(meter.stalledMs(2000)).toBe(700);
});

test('a running stall is counted while it runs', () => {
  const meter = hear([0, 'playing'], [1000, 'waiting']);
  expect(meter.stalls(1010)).toBe(0);
  expect(meter.stalls(1300)).toBe(1);
  expect(meter.stalledMs(1300)).toBe(300);
});

test('a seek or a pause that the viewer asked for is none', () => {
  expect(hear([0, 'playing'], [10, 'seeking'], [11, 'waiting'], [900, 'seeked'], [901, 'playing']).stalls(1000)).toBe(0);
  expect(hear([0, 'playing'], [10, 'pause'], [11, 'waiting'], [900, 'play'], [901, 'playing']).stalls(1000)).toBe(0);
});

test('the jump that ends a stall does not hide it', () => {
  const meter = hear([0, 'playing'], [10, 'waiting'], [500, 'seeking'], [510, 'seeked'], [520, 'playing']);
  expect(meter.stalls(1000)).toBe(1);
  expect(meter.stalledMs(1000)).toBe(510);
});

test('what is shorter than a frame is none', () => {
  expect(hear([0, 'playing'], [10, 'waiting'], [14, 'playing']).stalls(1000)).toBe(0);
});

test('another source begins without a frame', () => {
  expect(hear([0, 'playing'], [10, 'reset'], [20, 'waiting'], [900, 'playing']).stalls(1000)).toBe(0);
});

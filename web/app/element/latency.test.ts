import { expect, test } from 'vitest';
import { liveMax } from '../../player/distance';
import { readLatency } from './latency';

test('a page asks for a distance in seconds, within bounds, or is told what is wrong', () => {
  expect([null, '', '2', '2.7', '10', ' 4 '].map(readLatency)).toEqual([null, null, 2, 2.7, 10, 4]);
  for (const wrong of ['1.9', '10.1', '-3', '3s', 'near', 'NaN', 'Infinity']) expect(readLatency(wrong)).toContain(`latency="${wrong}" is not a number of seconds from 2 to 10`);
});

test('the player jumps to live from further behind than was asked for', () => {
  expect([3, 10].map(liveMax)).toEqual([9, 16]);
});

import { expect, test } from 'vitest';
import { Reorder, Sequence } from './captions';

const at = (...times: number[]) => times.map((pts) => ({ pts })) as Parameters<Reorder['take']>[0];
const times = (samples: readonly { pts: number }[]): number[] => samples.map(({ pts }) => pts);

test('what B-frames of two parts carry is read in the order in which it is shown', () => {
  const reorder = new Reorder();
  expect(times(reorder.take(at(0, 0.12, 0.04, 0.08, 0.24, 0.48)))).toEqual([0, 0.04, 0.08, 0.12]);
  expect(times(reorder.take(at(0.16, 0.2, 0.36, 0.28, 0.32, 0.6)))).toEqual([0.16, 0.2, 0.24, 0.28, 0.32]);
  reorder.clear();
  expect(times(reorder.take(at(2, 2.1)))).toEqual([]);
});

test('of samples at one time not all wait for ever', () => {
  const reorder = new Reorder();
  expect(reorder.take(at(...Array.from({ length: 300 }, () => 1)))).toHaveLength(60);
  expect(reorder.take([])).toEqual([]);
});

test('parts follow each other, and the first of a segment follows the one before', () => {
  const sequence = new Sequence();
  expect(sequence.follows(0, 7, 0)).toBe(false);
  expect([sequence.follows(0, 7, 1), sequence.follows(0, 7, 2), sequence.follows(0, 8, 0), sequence.follows(0, 9, -1), sequence.follows(0, 10, -1)])
    .toEqual([true, true, true, true, true]);
  expect(sequence.follows(0, 10, -1), 'the same again, in another quality').toBe(false);
  expect(sequence.follows(0, 11, 1), 'within a segment').toBe(false);
  expect(sequence.follows(1, 12, 0), 'behind a discontinuity').toBe(false);
  expect(sequence.follows(1, 14, 0), 'further on').toBe(false);
});

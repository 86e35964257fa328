import { expect, test } from 'vitest';
import { Calm } from './calm';

const calmOf = (chance: number): Calm => new Calm(() => chance);

test('it is calm once enough is ahead, and that is said once', () => {
  const calm = calmOf(1);
  calm.begins(300);
  expect(calm.moves(400, 1_000)).toBe(false);
  expect(calm.moves(1_600, 1_250)).toBe(true);
  expect(calm.moves(1_600, 1_500)).toBe(false);
  calm.begins(8_500);
  expect(calm.moves(1_600, 9_000)).toBe(true);
});

test('a picture that moves for long with little ahead is as calm as it will be', () => {
  const calm = calmOf(0);
  expect(calm.moves(400, 1_000)).toBe(false);
  expect(calm.moves(400, 8_900)).toBe(false);
  expect(calm.moves(400, 9_000)).toBe(true);
});

// Eight pages that came at the same moment once loaded their engines at the same moment, and all stood still.
test('whose first frame was late waits for a while of its own, the longer the later it was', () => {
  const calm = calmOf(0.5);
  calm.begins(1_000);
  expect(calm.moves(2_500, 3_100)).toBe(false);
  expect(calm.moves(2_500, 7_200)).toBe(false);
  expect(calm.moves(2_500, 7_300)).toBe(true);
  calm.begins(10_000);
  expect(calm.moves(2_500, 15_000)).toBe(false);
  expect(calm.moves(2_500, 24_900)).toBe(false);
  expect(calm.moves(2_500, 25_000)).toBe(true);
});

test('there it takes longer, too, until little ahead is as calm as it will be', () => {
  const calm = calmOf(0);
  calm.begins(0);
  expect(calm.moves(400, 5_000)).toBe(false);
  expect(calm.moves(400, 24_900)).toBe(false);
  expect(calm.moves(400, 25_000)).toBe(true);
  calm.begins(100_000); // and never for longer than it takes at most
  expect(calm.moves(400, 130_000)).toBe(false);
  expect(calm.moves(400, 170_000)).toBe(true);
});

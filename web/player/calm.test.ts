import { expect, test } from 'vitest';
import { Calm } from './calm';

test('it is calm once enough is ahead, and that is said once', () => {
  const calm = new Calm();
  expect(calm.moves(400, 1_000)).toBe(false);
  expect(calm.moves(1_600, 1_250)).toBe(true);
  expect(calm.moves(1_600, 1_500)).toBe(false);
  calm.reset();
  expect(calm.moves(1_600, 9_000)).toBe(true);
});

test('a picture that moves for long with little ahead is as calm as it will be', () => {
  const calm = new Calm();
  expect(calm.moves(400, 1_000)).toBe(false);
  expect(calm.moves(400, 8_900)).toBe(false);
  expect(calm.moves(400, 9_000)).toBe(true);
});

import { expect, test } from 'vitest';
import { Calm } from './calm';

/** When it is said first, if the picture says where it is every `everyMs` with `bufferMs` ahead; null: not within 30 s. */
function calmAfter(calm: Calm, everyMs: (at: number) => number, bufferMs: number): number | null {
  for (let at = 0; at < 30_000; at += everyMs(at)) {
    if (calm.moves(bufferMs, at)) return at;
  }
  return null;
}

test('it is calm once enough is ahead and the picture moves evenly, and that is said once', () => {
  const calm = new Calm(1);
  expect(calmAfter(calm, () => 250, 1_600)).toBe(250);
  expect(calmAfter(calm, () => 250, 1_600)).toBeNull();
  calm.reset();
  expect(calmAfter(calm, () => 250, 1_600)).toBe(250);
});

test('while the machine is busy nothing more is loaded, and afterwards pages begin one by one', () => {
  const busyFor3s = (at: number): number => (at < 3_000 ? 600 : 250);
  expect(calmAfter(new Calm(0), busyFor3s, 1_600)).toBe(3_500);
  expect(calmAfter(new Calm(0.6), busyFor3s, 1_600)).toBe(6_000);
});

test('a picture that moves for long with little ahead, or unevenly, is as calm as it will be', () => {
  expect(calmAfter(new Calm(0), () => 250, 400)).toBe(12_000);
  expect(calmAfter(new Calm(0), () => 500, 1_600)).toBe(12_000);
});

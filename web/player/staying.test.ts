import { expect, test } from 'vitest';
import { Stay } from './staying';

test('a viewer in company goes up only when it could for a while, and sooner with room to spare', () => {
  for (const [ample, afterMs] of [[false, 20_000], [true, 6_000]] as const) {
    const stay = new Stay();
    expect(stay.choose(0, 1, false, ample, 1_000)).toBe(0);
    expect(stay.choose(0, 1, false, ample, 999 + afterMs)).toBe(0);
    expect(stay.choose(0, 1, false, ample, 1_000 + afterMs)).toBe(1);
  }
});

test('one moment in which it could not begins the wait anew', () => {
  const stay = new Stay();
  expect(stay.choose(1, 2, false, false, 0)).toBe(1);
  expect(stay.choose(1, 1, false, false, 19_000)).toBe(1);
  expect(stay.choose(1, 2, false, false, 20_000)).toBe(1);
  expect(stay.choose(1, 2, false, false, 39_999)).toBe(1);
  expect(stay.choose(1, 2, false, false, 40_000)).toBe(2);
});

test('down is at once, and so is everything while nobody is there or nothing plays', () => {
  const stay = new Stay();
  expect(stay.choose(2, 0, false, false, 0)).toBe(0);
  expect(stay.choose(0, 2, true, false, 0)).toBe(2);
  expect(stay.choose(-1, 2, false, false, 0)).toBe(2);
});

import { expect, it } from 'vitest';
import { REST_MS, STALLS_MANY, Struggle, WITHIN_MS } from './struggle';

it('rests after many stalls in a short time, and the next time longer', () => {
  const struggle = new Struggle();
  for (let n = 0; n < STALLS_MANY; n++) expect(struggle.rests(n, true, n * 1000)).toBe(false);
  const at = STALLS_MANY * 1000;
  expect(struggle.rests(STALLS_MANY, true, at)).toBe(true);
  expect(struggle.rests(STALLS_MANY, false, at + REST_MS - 1)).toBe(true);
  expect(struggle.rests(STALLS_MANY, false, at + REST_MS)).toBe(false);
  const again = at + 2 * REST_MS;
  expect(struggle.rests(2 * STALLS_MANY, true, again)).toBe(true);
  expect(struggle.rests(2 * STALLS_MANY, false, again + 2 * REST_MS - 1)).toBe(true);
  expect(struggle.rests(2 * STALLS_MANY, false, again + 2 * REST_MS)).toBe(false);
});

it('forgives stalls that are far apart, and those of a viewer who does not share', () => {
  const struggle = new Struggle();
  for (let n = 0; n < 10; n++) expect(struggle.rests(n, true, n * WITHIN_MS)).toBe(false);
  expect(struggle.rests(50, false, 10 * WITHIN_MS)).toBe(false);
  expect(struggle.rests(50, true, 10 * WITHIN_MS + 1)).toBe(false);
});

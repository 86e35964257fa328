import { expect, test } from 'vitest';
import { Step } from './step';

test('in step, nothing is changed', () => {
  expect(new Step().rate(0.05, 3)).toBe(1);
  expect(new Step().rate(-0.05, 3)).toBe(1);
});

test('the later the faster, the nearer the slower, within bounds', () => {
  expect(new Step().rate(0.5, 3)).toBe(1.05);
  expect(new Step().rate(4, 3)).toBe(1.1);
  expect(new Step().rate(-0.5, 3)).toBe(0.95);
  expect(new Step().rate(-1.8, 0.3)).toBe(0.9);
});

test('nobody hurries into an empty buffer', () => {
  expect(new Step().rate(2, 0.8)).toBe(1);
});

test('what was begun is brought to its end', () => {
  const step = new Step();
  expect(step.rate(0.09, 3)).toBe(1);
  expect(step.rate(0.12, 3)).toBeGreaterThan(1);
  expect(step.rate(0.05, 3)).toBeGreaterThan(1);
  expect(step.rate(0.02, 3)).toBe(1);
  expect(step.rate(0.09, 3)).toBe(1);
});

test('by this law a second of lateness is gone within half a minute, and is not overshot', () => {
  const step = new Step();
  let error = 1;
  for (let t = 0; t < 120; t++) error -= (step.rate(error, 3) - 1) * 0.25;
  expect(Math.abs(error)).toBeLessThan(0.1);
});

import { expect, test } from 'vitest';
import { Step } from './step';

const rate = (errorS: number, bufferS: number): number => new Step().take(errorS, bufferS, 0).rate;

test('in step, nothing is changed', () => {
  expect(rate(0.04, 3)).toBe(1);
  expect(rate(-0.04, 3)).toBe(1);
});

test('a small error is mended within 2 per cent', () => {
  for (const error of [0.06, 0.1, 0.3, 0.49]) {
    expect(rate(error, 3)).toBeGreaterThan(1);
    expect(rate(error, 3)).toBeLessThanOrEqual(1.02);
    expect(rate(-error, 3)).toBeLessThan(1);
    expect(rate(-error, 3)).toBeGreaterThanOrEqual(0.98);
  }
});

test('a large one faster, and the live edge is left faster still', () => {
  expect(rate(4, 3)).toBe(1.05);
  expect(rate(-0.7, 3)).toBe(0.95);
  expect(rate(-1.8, 0.3)).toBe(0.9);
});

test('nobody hurries into an empty buffer', () => {
  expect(rate(0.4, 0.8)).toBe(1);
  expect(rate(2, 0.8)).toBe(1);
});

test('what was begun is brought to its end', () => {
  const step = new Step();
  const of = (error: number): number => step.take(error, 3, 0).rate;
  expect(of(0.04)).toBe(1);
  expect(of(0.06)).toBeGreaterThan(1);
  expect(of(0.03)).toBeGreaterThan(1);
  expect(of(0.01)).toBe(1);
  expect(of(0.04)).toBe(1);
});

test('who is far behind with everything in the buffer jumps, once, to where the others are', () => {
  const step = new Step();
  expect(step.take(4, 6, 0).jumpS).toBe(0); // it may be a blink
  expect(step.take(4, 6, 600)).toEqual({ rate: 1, jumpS: 4 });
  step.take(1, 6, 1_000);
  expect(step.take(1, 6, 3_000).jumpS).toBe(0);
  expect(step.take(1, 6, 11_000).jumpS).toBe(1);
});

test('nobody jumps into nothing', () => {
  const step = new Step();
  step.take(4, 4.5, 0);
  expect(step.take(4, 4.5, 600).jumpS).toBe(0);
  expect(step.take(4, 4.9, 700).jumpS).toBe(4); // what was missing has come
});

test('an error that passes by itself is no reason to jump', () => {
  const step = new Step();
  step.take(0.6, 3, 0);
  step.take(0.1, 3, 300);
  expect(step.take(0.6, 3, 600).jumpS).toBe(0);
});

test('by this law a third of a second is gone within half a minute, and is not overshot', () => {
  const step = new Step();
  let error = 0.33;
  for (let t = 0; t < 120; t++) error -= (step.take(error, 3, t * 250).rate - 1) * 0.25;
  expect(Math.abs(error)).toBeLessThan(0.05);
});

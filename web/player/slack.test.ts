import { expect, test } from 'vitest';
import { Slack } from './slack';

test('one stall is bad luck', () => {
  const slack = new Slack();
  expect(slack.take(1, 0)).toBe(0);
  expect(slack.take(1, 30_000)).toBe(0);
  expect(slack.take(2, 30_000)).toBe(0);
});

test('stall after stall moves it away from live, but not for ever further', () => {
  const slack = new Slack();
  expect(slack.take(1, 0)).toBe(0);
  expect(slack.take(2, 5_000)).toBe(1);
  expect(slack.take(3, 8_000)).toBe(1);
  expect(slack.take(4, 9_000)).toBe(2);
  expect(slack.take(40, 10_000)).toBe(3);
  expect(slack.take(80, 11_000)).toBe(3);
});

test('after a minute of peace each second is given back', () => {
  const slack = new Slack();
  slack.take(2, 0);
  slack.take(4, 1_000);
  expect(slack.take(4, 60_000)).toBe(2);
  expect(slack.take(4, 61_000)).toBe(1);
  expect(slack.take(5, 100_000)).toBe(1);
  expect(slack.take(5, 121_000)).toBe(1);
  expect(slack.take(5, 160_000)).toBe(0);
  expect(slack.take(5, 500_000)).toBe(0);
});

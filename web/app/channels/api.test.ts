import { expect, test } from 'vitest';
import { channel, channelInPath } from './api';

test('the name in the address has the form of a channel name', () => {
  expect(channelInPath('/c/sea')).toBe('sea');
  expect(channelInPath('/embed/harbour-talk/')).toBe('harbour-talk');
  for (const path of ['/', '/c/', '/c/Sea', '/c/-a', '/c/a/b', `/c/${'a'.repeat(41)}`, '/c/%2e%2e']) expect(channelInPath(path)).toBeNull();
});

test('an answer is read field by field, and nothing unexpected gets through', () => {
  expect(channel({ name: 'sea', live: true, viewers: 3, epoch: 2, started: '2026-01-01T00:00:00Z', sharing: { mode: 'ask', preset_allowed: true } }))
    .toMatchObject({ name: 'sea', live: true, viewers: 3, epoch: 2, sharing: { allowed: true, preset_allowed: true } });
  expect(channel({ name: 'sea', live: 'yes', viewers: -1, epoch: 'x', sharing: null }))
    .toMatchObject({ live: false, viewers: 0, epoch: 0, started: null, sharing: { allowed: true, preset_allowed: false } });
  expect([true, false, undefined].map((publishing) => channel({ name: 'sea', live: true, publishing })?.publishing)).toEqual([true, false, true]);
  expect(channel({ name: 'sea', sharing: { mode: 'off' } })?.sharing.allowed).toBe(false);
  expect(channel({ name: 'sea', tracks: [{ kind: 'audio' }] })?.soundOnly).toBe(true);
  for (const tracks of [[], 'x', [{ kind: 'video' }, { kind: 'audio' }], [7]]) expect(channel({ name: 'sea', tracks })?.soundOnly).toBe(false);
  expect([2, 4.5, 10].map((latency_s) => channel({ name: 'sea', latency_s })?.latencyS)).toEqual([2, 4.5, 10]);
  for (const latency_s of [undefined, 0, 1.9, 11, NaN, '4', null]) expect(channel({ name: 'sea', latency_s })?.latencyS, String(latency_s)).toBeNull();
  for (const body of [null, [], 'x', 7, {}, { name: 7 }]) expect(channel(body)).toBeNull();
});

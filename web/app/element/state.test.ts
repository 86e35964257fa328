import { expect, test } from 'vitest';
import type { Phase } from '../visit/plan';
import { stateOf, troubleOf } from './state';

const moving = { paused: false, stalled: false };

test('a picture is playing, stalled or paused, and who paused waits for nothing', () => {
  expect(stateOf({ phase: 'playing', ...moving })).toBe('playing');
  expect(stateOf({ phase: 'playing', paused: false, stalled: true })).toBe('stalled');
  expect(stateOf({ phase: 'playing', paused: true, stalled: true })).toBe('paused');
  const others: Record<string, Phase[]> = {
    loading: ['asking', 'starting'], offline: ['waiting'], ready: ['ready'], ended: ['ended'], stalled: ['interrupted'], error: ['away', 'missing', 'private', 'trouble'],
  };
  for (const [state, phases] of Object.entries(others)) for (const phase of phases) expect(stateOf({ phase, ...moving }), phase).toBe(state);
});

test('every error has a code and words, and nothing else has', () => {
  const of = (phase: Phase, unanswered = false) => troubleOf({ phase, ...moving, name: 'fish', base: 'https://s.example', trouble: 'fragLoadError', codec: '', unanswered });
  expect((['away', 'missing', 'private', 'trouble'] as const).map((phase) => of(phase)?.code)).toEqual(['unreachable', 'not-found', 'private', 'playback']);
  expect(of('missing')?.message).toBe('There is no channel called fish at https://s.example.');
  expect(of('trouble')?.message).toContain('fragLoadError');
  expect(of('trouble', true), 'a picture that failed because the server is down').toEqual(of('away'));
  expect(troubleOf({ phase: 'trouble', ...moving, name: 'fish', base: '', trouble: 'manifestIncompatibleCodecsError', codec: 'H.265', unanswered: true }), 'it is the browser')
    .toEqual({ code: 'codec', message: expect.stringMatching(/cannot play H\.265.*another.*H\.264/) });
  for (const phase of ['asking', 'waiting', 'ready', 'starting', 'playing', 'interrupted', 'ended'] as const) expect(of(phase)).toBeNull();
});

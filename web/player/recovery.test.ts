import { expect, test } from 'vitest';
import { Recovery, type Remedy } from './recovery';

/** A load that fails, and whatever follows from it is done. */
function fails(recovery: Recovery, now: number): Remedy {
  const remedy = recovery.failed('network', now);
  recovery.begins();
  return remedy;
}

test('a picture that cannot be decoded is repaired first, and rebuilt when that did not last', () => {
  const recovery = new Recovery();
  expect(recovery.failed('media', 0).do).toBe('repair');
  expect(recovery.failed('media', 1_000).do).toBe('rebuild');
  recovery.begins();
  expect(recovery.failed('media', 60_000).do).toBe('repair');
});

test('one death that is told three times is one failure', () => {
  const recovery = new Recovery();
  recovery.failed('media', 0);
  expect(recovery.failed('media', 10)).toMatchObject({ do: 'rebuild', afterMs: 300 });
  expect(recovery.failed('media', 11)).toEqual({ do: 'nothing' });
  expect(recovery.failed('network', 12)).toEqual({ do: 'nothing' });
  recovery.begins();
  expect(recovery.failed('media', 400)).toMatchObject({ do: 'rebuild', afterMs: 1_000 });
});

test('a dead network is tried ever less often, for ever, and told in the end', () => {
  const recovery = new Recovery();
  const remedies = Array.from({ length: 12 }, (_, i) => fails(recovery, i * 1000));
  const waits = remedies.map((remedy) => (remedy.do === 'rebuild' ? remedy.afterMs : -1));
  expect(waits).toEqual([...waits].sort((a, b) => a - b));
  expect(waits.at(-1)).toBe(10_000);
  expect(remedies[0]).toMatchObject({ tell: false });
  expect(remedies.at(-1)).toMatchObject({ tell: true });
});

test('a picture that moves from the rest of its buffer has not recovered yet', () => {
  const recovery = new Recovery();
  for (let i = 0; i < 8; i++) fails(recovery, i);
  recovery.moves(3_000);
  expect(fails(recovery, 3_001)).toMatchObject({ tell: true });
  recovery.moves(20_000);
  expect(recovery.failed('network', 20_001)).toEqual({ do: 'rebuild', afterMs: 300, tell: false });
});

test('a viewer who tries again begins anew', () => {
  const recovery = new Recovery();
  for (let i = 0; i < 8; i++) fails(recovery, i);
  recovery.forget();
  expect(recovery.failed('network', 9)).toMatchObject({ afterMs: 300 });
});

import { expect, test } from 'vitest';
import type { PartName, SignedPart } from '../player/swarm';
import { SignedParts, WAITS_MAX } from './signed';

const part: PartName = { epoch: 7, track: 0, seq: 3 };
const signed: SignedPart = { part, msn: 9, index: 0, durationUs: 500_000, wallMs: 1, init: 'ab', independent: true, discontinuity: false };
const never = (): AbortSignal => new AbortController().signal;

test('a part that is open is told of at once, and another as soon as it is', async () => {
  expect(await new SignedParts(() => signed).wait(part, never())).toBe(signed);
  const parts = new SignedParts(() => undefined);
  const waits = [parts.wait(part, never()), parts.wait(part, never())];
  parts.opened({ ...signed, part: { ...part, seq: 4 } });
  parts.opened(signed);
  expect(await Promise.all(waits)).toEqual([signed, signed]);
});

test('nobody waits after an abort, after the end, or as one too many', async () => {
  const parts = new SignedParts(() => undefined);
  const gone = new AbortController();
  const aborted = parts.wait(part, gone.signal);
  gone.abort();
  expect(await aborted).toBeNull();
  const waits = Array.from({ length: WAITS_MAX }, (_, seq) => parts.wait({ ...part, seq }, never()));
  expect(await parts.wait({ ...part, seq: WAITS_MAX }, never())).toBeNull();
  parts.clear();
  expect(await Promise.all(waits)).toEqual(waits.map(() => null));
});

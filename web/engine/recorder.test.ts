import { expect, it } from 'vitest';
import { Reader } from './bytes';
import { RECORDED_MAX, Recorder } from './recorder';
import { BIRTH_SIZE, TAPE_HEAD } from './tape';

it('keeps the last inputs whole, within its bound', () => {
  const recorder = new Recorder(new Uint8Array(BIRTH_SIZE));
  const record = new Uint8Array(10_000);
  const rounds = 1000;
  for (let i = 0; i < rounds; i++) {
    new DataView(record.buffer).setUint32(0, i);
    recorder.record(record);
  }
  const tape = recorder.tape();
  expect(tape.length).toBeLessThanOrEqual(RECORDED_MAX + TAPE_HEAD.length + BIRTH_SIZE);
  expect(tape.length).toBeGreaterThan(RECORDED_MAX / 2);
  const reader = new Reader(tape);
  reader.raw(TAPE_HEAD.length + BIRTH_SIZE);
  const seen: number[] = [];
  while (!reader.done) seen.push(new Reader(reader.bytes()).u32());
  expect(seen.at(-1)).toBe(rounds - 1);
  expect(seen).toEqual(seen.map((_, i) => (seen[0] ?? 0) + i));
});

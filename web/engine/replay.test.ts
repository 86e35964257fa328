import { beforeAll, describe, expect, it } from 'vitest';
import { Reader, Writer } from './bytes';
import { Recorder } from './recorder';
import { BIRTH_SIZE, TAPE_HEAD, decodeOutputs, encodeBirth, encodeInput, type Birth } from './tape';
import { engineModule, recordings } from './testing/golden';
import { INPUT_MAX, Module } from './wasm';

let compiled: WebAssembly.Module;

beforeAll(async () => {
  compiled = await engineModule();
});

const birth: Birth = { self: '00000000000000aa', channel: new Uint8Array(32).fill(3), seed: new Uint8Array(8), wallMs: 1_790_000_000_000, uplink: 1e6 };

/** Steps a tape through the engine. Each step's outputs come behind their length. */
async function replay(tape: Uint8Array): Promise<Uint8Array> {
  const engine = await Module.start(compiled);
  const reader = new Reader(tape);
  expect(new TextDecoder().decode(reader.raw(TAPE_HEAD.length))).toBe(TAPE_HEAD);
  engine.birth(reader.raw(BIRTH_SIZE));
  const outputs = new Writer(1 << 16);
  while (!reader.done) outputs.bytes(engine.step(reader.bytes()));
  return outputs.written();
}

describe('the engine as WebAssembly', () => {
  it('answers recorded tapes byte for byte as the native engine does', async () => {
    const all = recordings();
    expect(all.length).toBeGreaterThan(0);
    for (const { name, tape, outputs } of all) {
      const answer = await replay(tape);
      expect(Buffer.compare(answer, outputs), `${name}: ${answer.length} bytes of outputs, the native engine has ${outputs.length}`).toBe(0);
    }
  });

  it('answers the same tape the same way each time', async () => {
    const [first] = recordings();
    if (first) expect(Buffer.compare(await replay(first.tape), await replay(first.tape))).toBe(0);
  });

  it('greets a peer, and wants to be woken in the future or not at all', async () => {
    const engine = await Module.start(compiled);
    engine.birth(encodeBirth(new Writer(), birth).written());
    const peer = '00000000000000bb';
    const kinds = [
      ...decodeOutputs(engine.step(encodeInput(new Writer(), 1000, { kind: 'Introduced', peer, dial: true, near: false }).written())),
      ...decodeOutputs(engine.step(encodeInput(new Writer(), 2000, { kind: 'PeerUp', peer }).written())),
    ].map((output) => output.kind);
    expect(kinds).toEqual(['Dial', 'Say', 'Say']); // hello, and what it can give
    expect(engine.wakeUs() ?? Infinity).toBeGreaterThan(2000);
  });

  it('refuses what is no record, and lives on', async () => {
    const engine = await Module.start(compiled);
    expect(() => engine.step(new Uint8Array(9))).toThrow(); // not born
    expect(() => engine.birth(new Uint8Array(BIRTH_SIZE - 1))).toThrow();
    engine.birth(encodeBirth(new Writer(), birth).written());
    expect(() => engine.step(new Uint8Array(9))).toThrow(); // no kind 0
    expect(() => engine.step(new Uint8Array(INPUT_MAX + 1))).toThrow(RangeError);
    expect(engine.step(encodeInput(new Writer(), 0, { kind: 'Tick' }).written()).length).toBe(0);
  });

  it('imports nothing but what the shim gives', () => {
    const modules = new Set(WebAssembly.Module.imports(compiled).map((entry) => entry.module));
    expect([...modules]).toEqual(['wasi_snapshot_preview1']);
  });
});

describe('the flight recorder', () => {
  it('writes a tape that replays', async () => {
    const record = encodeBirth(new Writer(), birth).written();
    const recorder = new Recorder(record);
    const engine = await Module.start(compiled);
    engine.birth(record);
    const outputs = new Writer();
    for (let i = 0; i < 50; i++) {
      const input = encodeInput(new Writer(), i * 1000, { kind: 'PeerUp', peer: `00000000000000${i + 10}` }).written();
      recorder.record(input);
      outputs.bytes(engine.step(input));
    }
    expect(Buffer.compare(await replay(recorder.tape()), outputs.written())).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { ORIGIN, Writer, isPeer, parseChannel, partKey } from './bytes';
import { BIRTH_SIZE, decodeOutputs, encodeBirth, encodeInput, type Input, type Output } from './tape';
import { bytesOf, goldenNames } from './testing/golden';

const count = (from: number, size: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: size }, (_, i) => from + i);
const peer = 'a0a1a2a3a4a5a6a7';
const part = { epoch: 0x0002030405060708, track: 3, seq: 0x0012131415161718 };
const ref = 0x41424344;
const data = new TextEncoder().encode('abc');
const nowUs = 1_234_567;

const inputs: Record<string, Input> = {
  'in_01_tick.hex': { kind: 'Tick' },
  'in_02_introduced.hex': { kind: 'Introduced', peer, dial: true, near: true },
  'in_03_peerup.hex': { kind: 'PeerUp', peer },
  'in_04_peerdown.hex': { kind: 'PeerDown', peer },
  'in_05_said.hex': { kind: 'Said', peer, data },
  'in_06_drained.hex': { kind: 'Drained', peer, buffered: 70_000 },
  'in_07_offered.hex': { kind: 'Offered', from: peer, digest: count(0x30, 32), data },
  'in_08_seeding.hex': { kind: 'Seeding', stripes: 0x8001 },
  'in_09_playhead.hex': { kind: 'Playhead', wallMs: 1_790_000_001_000.7, bufferMs: 2500.2, playing: true },
  'in_10_wanted.hex': { kind: 'Wanted', part },
  'in_11_arrived.hex': { kind: 'Arrived', from: peer, part, piece: 7, size: 4096 },
  'in_12_checked.hex': { kind: 'Checked', part, piece: 7, from: peer, ok: true },
  'in_13_signaturechecked.hex': { kind: 'SignatureChecked', ref, ok: true },
  'in_14_fetched.hex': { kind: 'Fetched', ref, failed: true },
  'in_15_evicted.hex': { kind: 'Evicted', part },
  'in_16_uplink.hex': { kind: 'Uplink', bytesPerSecond: 625_000 },
  'in_17_tracked.hex': { kind: 'Tracked', up: true },
  'in_18_following.hex': { kind: 'Following', tracks: 0x85 },
  'in_19_overhead.hex': { kind: 'Overhead', bytes: 1_500 },
};

const outputs: Record<string, Output> = {
  'out_01_dial.hex': { kind: 'Dial', peer },
  'out_02_hangup.hex': { kind: 'HangUp', peer, why: 3 },
  'out_03_say.hex': { kind: 'Say', peer, data },
  'out_04_send.hex': { kind: 'Send', peer, part, piece: 7 },
  'out_05_fetch.hex': { kind: 'Fetch', ref, part, from: 2, to: 9, withinMs: 1500 },
  'out_06_checkpiece.hex': { kind: 'CheckPiece', part, piece: 7, from: peer, hash: count(0x30, 32) },
  'out_07_forget.hex': { kind: 'Forget', part, piece: 7, from: peer },
  'out_08_checksignature.hex': { kind: 'CheckSignature', ref, key: count(0x50, 32), signature: count(0x70, 64), message: data },
  'out_09_open.hex': { kind: 'Open', part, msn: 0x100000002, index: 3, length: 70_000, pieceSize: 5120,
    durationUs: 500_000, wallMs: 1_790_000_001_000, init: '909192939495969798999a9b9c9d9e9f', independent: true, discontinuity: true,
  },
  'out_10_play.hex': { kind: 'Play', part },
  'out_11_decline.hex': { kind: 'Decline', part },
  'out_12_evict.hex': { kind: 'Evict', part },
  'out_13_note.hex': { kind: 'Note', what: 5, peer, part },
  'out_14_able.hex': { kind: 'Able', slots: 21 },
  'out_15_records.hex': { kind: 'Records', on: true },
  'out_16_fetchrecord.hex': { kind: 'FetchRecord', ref: 0x0a0b0c0d, part, withinMs: 8000 },
  'out_17_position.hex': { kind: 'Position', wallMs: 1_790_000_001_000 },
};

describe('the records of the WASM border', () => {
  it('have golden bytes for every kind', () => {
    expect(goldenNames('in_')).toEqual(Object.keys(inputs));
    expect(goldenNames('out_')).toEqual(Object.keys(outputs));
  });

  it.each(Object.entries(inputs))('encode %s as Go does', (name, input) => {
    expect(encodeInput(new Writer(), nowUs, input).written()).toEqual(bytesOf(name));
  });

  it.each(Object.entries(outputs))('decode %s as Go means it', (name, output) => {
    const [decoded, ...more] = decodeOutputs(bytesOf(name));
    expect(decoded).toEqual(output);
    expect(more).toEqual([]);
  });

  it('encode a birth as Go does', () => {
    const birth = { self: peer, channel: count(0x10, 32), seed: count(0x21, 8), wallMs: 1_790_000_000_000, uplink: 625_000 };
    const record = encodeBirth(new Writer(), birth).written();
    expect(record).toEqual(bytesOf('birth.hex'));
    expect(encodeBirth(new Writer(), { ...birth, recorded: true }).written()).toEqual(bytesOf('birth_recorded.hex'));
    expect(record.length).toBe(BIRTH_SIZE);
  });

  it('decode one after another, and refuse what is cut short or unknown', () => {
    const two = new Uint8Array([...bytesOf('out_01_dial.hex'), ...bytesOf('out_03_say.hex')]);
    expect(decodeOutputs(two).map((output) => output.kind)).toEqual(['Dial', 'Say']);
    for (let cut = 10; cut < two.length; cut++) expect(() => decodeOutputs(two.subarray(0, cut))).toThrow(RangeError);
    expect(() => decodeOutputs(Uint8Array.of(14))).toThrow(RangeError);
  });

  it('never write a number that is none', () => {
    const odd: Input = { kind: 'Playhead', wallMs: Number.NaN, bufferMs: -5, playing: false };
    expect([...encodeInput(new Writer(), -1, odd).written()]).toEqual([...new Uint8Array(8), 9, ...new Uint8Array(13)]);
  });
});

describe('names', () => {
  it('of channels are read in their one spelling', () => {
    const name = 'aaisem2ekvthpcezvk54zxpo74bbcirdgrcwm54itgvlxtg5534a'; // 52 letters, the last one with its spare bits zero
    expect(parseChannel(name)?.length).toBe(32);
    expect([...(parseChannel('a'.repeat(51) + 'q') ?? [])]).toEqual([...new Uint8Array(31), 1]);
    expect(parseChannel('a'.repeat(51) + 'b')).toBeNull(); // spare bits
    expect(parseChannel('a'.repeat(51))).toBeNull();
    expect(parseChannel('A'.repeat(52))).toBeNull();
  });

  it('of peers are 16 digits and not the origin', () => {
    expect(isPeer(peer)).toBe(true);
    for (const text of [ORIGIN, peer.toUpperCase(), peer.slice(1), `${peer}0`, '']) expect(isPeer(text)).toBe(false);
  });

  it('of parts differ as keys', () => {
    expect(partKey({ epoch: 1, track: 2, seq: 3 })).not.toBe(partKey({ epoch: 1, track: 23, seq: 3 }));
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import type { PartName } from '../player/swarm';
import { partKey } from './bytes';
import { Parcels, WAITING_MAX, WAIT_MS } from './parcels';
import { KEPT_MAX, PENDING_MAX, PENDING_MS, Store } from './store';
import type { Opened } from './tape';
import { PIECE_HEADER, PIECE_MAX, parsePiece, pieceMessage } from './wire';

const from = '00000000000000aa';
const part = (seq: number): PartName => ({ epoch: 1, track: 0, seq });
/** Parts of two pieces, 4096 and 904 bytes; four parts to a segment. */
const opened = (seq: number): Opened => ({
  part: part(seq), msn: 100 + Math.floor(seq / 4), index: seq % 4, length: 5000, pieceSize: 4096,
  durationUs: 500_000, wallMs: 0, init: '', independent: true, discontinuity: false,
});
const bytes = (seq: number): Uint8Array<ArrayBuffer> => new Uint8Array(5000).fill(seq + 1);
const message = (seq: number, piece: number): Uint8Array<ArrayBuffer> =>
  pieceMessage(part(seq), piece, bytes(seq).subarray(piece * 4096, piece * 4096 + 4096));

let evicted: string[];
let store: Store;

beforeEach(() => {
  evicted = [];
  store = new Store((name) => evicted.push(partKey(name)));
});

function fill(...seqs: number[]): void {
  for (const seq of seqs) {
    store.open(opened(seq));
    for (const piece of [0, 1]) store.keep(part(seq), piece, message(seq, piece));
  }
}

describe('the PIECE message', () => {
  it('is read as it was written, and not otherwise', () => {
    const written = pieceMessage(part(7), 3, Uint8Array.of(9));
    expect(parsePiece(written)).toEqual({ part: part(7), piece: 3 });
    expect(parsePiece(written.subarray(0, PIECE_HEADER))).toBeNull();
    expect(parsePiece(pieceMessage(part(7), 256, Uint8Array.of(9)))).toBeNull();
    expect(parsePiece(pieceMessage({ ...part(7), track: 8 }, 0, Uint8Array.of(9)))).toBeNull();
    expect(parsePiece(pieceMessage(part(7), 0, new Uint8Array(PIECE_MAX + 1)))).toBeNull();
    written.fill(0xff, 1, 9);
    expect(parsePiece(written)).toBeNull();
  });
});

describe('the store', () => {
  it('gives out a part when all of it is there, each time in a buffer of its own', () => {
    store.open(opened(0));
    expect(store.keep(part(0), 1, message(0, 1))).toBe(true);
    expect(store.part(part(0))).toBeNull();
    store.keep(part(0), 0, message(0, 0));
    const whole = store.part(part(0));
    expect(new Uint8Array(whole ?? new ArrayBuffer())).toEqual(bytes(0));
    expect(store.part(part(0))).not.toBe(whole);
    expect(store.message(part(0), 1)).toEqual(message(0, 1));
  });

  it('keeps no piece twice, of another length, or of a part that is not open', () => {
    expect(store.keep(part(0), 0, message(0, 0))).toBe(false);
    store.open(opened(0));
    expect(store.keep(part(0), 2, message(0, 1))).toBe(false);
    expect(store.keep(part(0), 0, message(0, 1))).toBe(false);
    expect(store.keep(part(0), 0, message(0, 0))).toBe(true);
    expect(store.keep(part(0), 0, message(0, 0))).toBe(false);
  });

  it('holds one message per claim, and hands out the very one that it held', () => {
    const first = message(0, 0);
    expect(store.hold({ part: part(0), piece: 0, from }, first, 0)).toBe(true);
    expect(store.hold({ part: part(0), piece: 0, from }, message(0, 0), 0)).toBe(false);
    expect(store.hold({ part: part(0), piece: 0, from: '00000000000000bb' }, message(0, 0), 0)).toBe(true);
    expect(store.take({ part: part(0), piece: 0, from })).toBe(first);
    expect(store.take({ part: part(0), piece: 0, from })).toBeUndefined();
  });

  it('has room for so many unchecked pieces, and finds room again when they are old', () => {
    const big = pieceMessage(part(0), 0, new Uint8Array(PIECE_MAX));
    let seq = 0;
    while (store.hold({ part: part(seq), piece: 0, from }, big, 0)) seq++;
    expect(seq).toBe(Math.floor(PENDING_MAX / big.length));
    expect(store.hold({ part: part(seq), piece: 0, from }, big, PENDING_MS)).toBe(true);
  });

  it('evicts the oldest parts when it is full, and says so', () => {
    const size = 4 << 20;
    const count = KEPT_MAX / size;
    for (let seq = 0; seq <= count; seq++) {
      store.open({ ...opened(seq), length: size, pieceSize: size });
      store.keep(part(seq), 0, pieceMessage(part(seq), 0, new Uint8Array(size)));
    }
    expect(evicted).toEqual([partKey(part(0)), partKey(part(1))]); // the headers take room, too
    expect(store.keptBytes).toBeLessThanOrEqual(KEPT_MAX);
    expect(store.part(part(0))).toBeNull();
    expect(store.part(part(count))?.byteLength).toBe(size);
  });

  it('gives out a segment only if it is all there, and known to be all of it', () => {
    const segment = { epoch: 1, track: 0, msn: 100 };
    fill(0, 1, 2, 3);
    expect(store.segment(segment)).toBeNull(); // a fifth part might follow
    store.open(opened(4));
    const whole = new Uint8Array(store.segment(segment) ?? new ArrayBuffer());
    expect(whole).toEqual(new Uint8Array([0, 1, 2, 3].flatMap((seq) => [...bytes(seq)])));
    expect(store.segment({ ...segment, msn: 101 })).toBeNull();
    expect(store.segment({ ...segment, track: 1 })).toBeNull();
    store.evict(part(2));
    expect(store.segment(segment)).toBeNull();
  });
});

describe('parcels', () => {
  let unpacked: string[];
  let parcels: Parcels;

  beforeEach(() => {
    unpacked = [];
    parcels = new Parcels(store, (open, some) => unpacked.push(`${open.part.seq}: ${some.length} of ${some[0]}`));
  });

  it('are unpacked at once if the part is open, else when it opens', () => {
    store.open(opened(0));
    parcels.offer(part(0), bytes(0).buffer, 0);
    const soon = bytes(1);
    parcels.offer(part(1), soon.buffer, 0);
    soon.fill(99); // the offerer's buffer is the offerer's
    expect(unpacked).toEqual(['0: 5000 of 1']);
    store.open(opened(1));
    parcels.opened(1);
    parcels.opened(2);
    expect(unpacked).toEqual(['0: 5000 of 1', '1: 5000 of 2']);
  });

  it('are dropped when the part comes too late or has another length', () => {
    parcels.offer(part(0), bytes(0).buffer, 0);
    store.open(opened(0));
    parcels.opened(WAIT_MS);
    parcels.offer(part(0), new ArrayBuffer(4999), 0);
    expect(unpacked).toEqual([]);
  });

  it('of whole segments wait for all parts', () => {
    const segment = new Uint8Array([0, 1, 2, 3].flatMap((seq) => [...bytes(seq)]));
    parcels.offer({ epoch: 1, track: 0, msn: 100 }, segment.buffer, 0);
    for (const seq of [0, 1, 2, 3]) store.open(opened(seq));
    parcels.opened(1);
    expect(unpacked).toEqual([]);
    store.open(opened(4));
    parcels.opened(2);
    expect(unpacked).toEqual(['0: 5000 of 1', '1: 5000 of 2', '2: 5000 of 3', '3: 5000 of 4']);
  });

  it('wait within a bound: the oldest go first', () => {
    for (const seq of [0, 1, 2]) parcels.offer(part(seq), new ArrayBuffer(WAITING_MAX / 2), 0);
    for (const seq of [0, 1, 2]) store.open({ ...opened(seq), length: WAITING_MAX / 2, pieceSize: 1 << 20 });
    parcels.opened(1);
    expect(unpacked.map((line) => line[0])).toEqual(['1', '2']);
  });
});

// Big-endian fields, and the words that stand in them.
//
// What it is: a writer and a reader of fields; the text forms of peers and channels; the name of a part as a map key.
// Who calls it: tape.ts and wire.ts.
// What it owns: nothing.
// What it will never do: know a record.
import type { PartName } from '../player/swarm';

/** A peer is its 16 hexadecimal digits everywhere in this folder: 64 bits do not fit a number. */
export type Peer = string;

/** The name under which the origin stands where a peer is meant. */
export const ORIGIN: Peer = '0000000000000000';

const HIGH = 0x1_0000_0000; // 2^32: what the upper half of a u64 counts

export function isPeer(text: string): boolean {
  return /^[0-9a-f]{16}$/.test(text) && text !== ORIGIN;
}

/** One string per part, for maps. */
export function partKey(part: PartName): string {
  return `${part.epoch}/${part.track}/${part.seq}`;
}

/** Reads the 52 letters of a channel's base32 name: its public key. Null if they are not one. */
export function parseChannel(text: string): Uint8Array | null {
  if (!/^[a-z2-7]{52}$/.test(text)) return null;
  const key = new Uint8Array(32);
  let bits = 0;
  let value = 0;
  let at = 0;
  for (const letter of text) {
    value = ((value << 5) | 'abcdefghijklmnopqrstuvwxyz234567'.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      key[at++] = (value >> bits) & 0xff;
    }
  }
  return (value & ((1 << bits) - 1)) === 0 ? key : null;
}

/** Writes fields into a buffer that grows as needed. Numbers are cut to whole ones within their field. */
export class Writer {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(size = 64) {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Makes room and returns where. Call it before the buffer is named: it may be another one afterwards. */
  #room(more: number): number {
    const at = this.#length;
    if (at + more > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, at + more));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length += more;
    return at;
  }

  u8(value: number): this {
    const at = this.#room(1);
    this.#view.setUint8(at, value);
    return this;
  }

  flag(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }

  u16(value: number): this {
    const at = this.#room(2);
    this.#view.setUint16(at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.#room(4);
    this.#view.setUint32(at, clamp(value, HIGH - 1));
    return this;
  }

  u64(value: number): this {
    const whole = clamp(value, Number.MAX_SAFE_INTEGER);
    const at = this.#room(8);
    this.#view.setUint32(at, Math.floor(whole / HIGH));
    this.#view.setUint32(at + 4, whole % HIGH);
    return this;
  }

  peer(peer: Peer): this {
    const at = this.#room(8);
    this.#view.setUint32(at, Number.parseInt(peer.slice(0, 8), 16));
    this.#view.setUint32(at + 4, Number.parseInt(peer.slice(8), 16));
    return this;
  }

  part(part: PartName): this {
    return this.u64(part.epoch).u8(part.track).u64(part.seq);
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): this {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** Bytes behind their length. */
  bytes(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes);
  }

  /** What was written; valid until the next write. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): this {
    this.#length = 0;
    return this;
  }
}

function clamp(value: number, most: number): number {
  return value > 0 ? Math.min(Math.floor(value), most) : 0; // NaN and negatives become 0
}

/** Reads fields off the front. It throws a RangeError past the end. */
export class Reader {
  #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at === this.#view.byteLength;
  }

  #skip(size: number): number {
    const at = this.#at;
    this.#at += size;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  flag(): boolean {
    return this.u8() === 1;
  }

  u16(): number {
    return this.#view.getUint16(this.#skip(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#skip(4));
  }

  /** Above 2^53 not exact. No honest name gets there, and one that does is only the name of nothing. */
  u64(): number {
    const at = this.#skip(8);
    return this.#view.getUint32(at) * HIGH + this.#view.getUint32(at + 4);
  }

  peer(): Peer {
    const at = this.#skip(8);
    return hex32(this.#view.getUint32(at)) + hex32(this.#view.getUint32(at + 4));
  }

  part(): PartName {
    return { epoch: this.u64(), track: this.u8(), seq: this.u64() };
  }

  /** The next `size` bytes: a view, not a copy. */
  raw(size: number): Uint8Array<ArrayBuffer> {
    const at = this.#skip(size);
    return new Uint8Array(this.#view.buffer as ArrayBuffer, this.#view.byteOffset + at, checked(size, this.#view.byteLength - at));
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.raw(this.u32());
  }
}

function checked(size: number, left: number): number {
  if (size > left) throw new RangeError('past the end');
  return size;
}

/** Bytes as hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}

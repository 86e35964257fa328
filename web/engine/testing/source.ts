// A made-up broadcast: certificates and part records as package manifest writes them.
//
// What it is: the signing side, for tests.
// Who calls it: tests.
// What it owns: two key pairs.
// What it will never do: be a second implementation of the rules: it makes good records, and tests spoil them.
import { Writer } from '../bytes';
import { sha256 } from '../checks';

type Bytes = Uint8Array<ArrayBuffer>;

export const PIECE_SIZE = 4096;

export class Source {
  #prev: Uint8Array = new Uint8Array(32);
  #seq = 0;

  private constructor(
    readonly channel: Bytes,
    readonly certificate: Bytes,
    readonly wallMs: number,
    private readonly session: CryptoKeyPair,
  ) {}

  static async open(wallMs: number): Promise<Source> {
    const identity = await keys();
    const session = await keys();
    const channel = await publicKey(identity);
    const unsigned = new Writer().raw(ascii('shoal.session.v1')).raw(channel).u64(1).raw(await publicKey(session))
      .u64(wallMs - 60_000).u64(wallMs + 3_600_000).u64(0).written();
    return new Source(channel, await sign(identity, unsigned), wallMs, session);
  }

  /** The channel's name, as join gives it. */
  get name(): string {
    let bits = '';
    for (const byte of this.channel) bits += byte.toString(2).padStart(8, '0');
    bits = bits.padEnd(260, '0');
    return (bits.match(/.{5}/g) ?? []).map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five, 2)]).join('');
  }

  /** Signs the next part of track 0: half a second each, four to a segment. */
  async part(bytes: Bytes): Promise<Bytes> {
    const seq = this.#seq++;
    const to = new Writer().raw(ascii('shoal.part.v1\0\0\0')).raw(this.channel).u64(1).u8(0).u8(seq % 4 === 0 ? 1 : 0).u16(0)
      .u64((1 << 20) + Math.floor(seq / 4)).u16(seq % 4).u64(seq).raw(this.#prev).raw(new Uint8Array(32).fill(1))
      .u64(this.wallMs + seq * 500).u64(seq * 500_000).u32(500_000).u32(bytes.length).u8(0).u16(PIECE_SIZE);
    for (let at = 0; at < bytes.length; at += PIECE_SIZE) to.raw(await sha256(bytes.slice(at, at + PIECE_SIZE)));
    const record = await sign(this.session, to.written());
    this.#prev = await sha256(record);
    return record;
  }
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function keys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']) as Promise<CryptoKeyPair>;
}

async function publicKey(pair: CryptoKeyPair): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
}

async function sign(pair: CryptoKeyPair, unsigned: Uint8Array): Promise<Bytes> {
  const message = new Uint8Array(unsigned);
  const signature = await crypto.subtle.sign('Ed25519', pair.privateKey, message);
  return new Uint8Array([...message, ...new Uint8Array(signature)]);
}

// Hashes and signatures, by the browser.
//
// What it is: SHA-256 and Ed25519 of WebCrypto, asked in bytes and answered in yes or no.
// Who calls it: body.ts, for CheckPiece, CheckSignature and the digests of offered records.
// What it owns: a few imported public keys.
// What it will never do: decide what a no means.

/** Imported keys that are kept: a channel has one identity and a session key a day. */
const KEYS_MAX = 8;

/** Digests that are kept: the records of the last parts of a few tracks. */
const DIGESTS_MAX = 8;

/** A public key that every implementation takes: RFC 8032, section 7.1, test 1. */
const SOME_KEY = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';

/** Whether this browser can check signatures here: WebCrypto needs a secure context, Ed25519 a recent browser. */
export async function canCheck(): Promise<boolean> {
  try {
    const key = Uint8Array.from(SOME_KEY.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
    return true;
  } catch {
    return false;
  }
}

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

export async function hashIs(bytes: Uint8Array<ArrayBuffer>, hash: Uint8Array): Promise<boolean> {
  const digest = await sha256(bytes);
  return digest.every((byte, i) => byte === hash[i]);
}

/** SHA-256 of what several send within moments: hashed once. */
export class Digests {
  readonly #last: { readonly bytes: Uint8Array; readonly digest: Promise<Uint8Array> }[] = []; // newest last

  of(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const known = this.#last.find((one) => one.bytes.length === bytes.length && one.bytes.every((byte, i) => byte === bytes[i]));
    if (known) return known.digest;
    const digest = sha256(bytes);
    this.#last.push({ bytes, digest });
    if (this.#last.length > DIGESTS_MAX) this.#last.shift();
    return digest;
  }
}

export class Signatures {
  readonly #keys = new Map<string, Promise<CryptoKey>>(); // oldest first

  /** False also for a key or signature that is none. */
  async check(key: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>, message: Uint8Array<ArrayBuffer>): Promise<boolean> {
    try {
      return await crypto.subtle.verify('Ed25519', await this.#key(key), signature, message);
    } catch {
      return false;
    }
  }

  #key(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
    const name = bytes.join();
    let key = this.#keys.get(name);
    if (!key) {
      key = crypto.subtle.importKey('raw', bytes, 'Ed25519', false, ['verify']);
      this.#keys.set(name, key);
      for (const oldest of this.#keys.keys()) {
        if (this.#keys.size <= KEYS_MAX) break;
        this.#keys.delete(oldest);
      }
    }
    return key;
  }
}

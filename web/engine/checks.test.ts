import { expect, it, vi } from 'vitest';
import { Digests, Signatures, canCheck, hashIs, sha256 } from './checks';

const hex = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

// RFC 8032, section 7.1, test 3.
const key = hex('fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025');
const message = hex('af82');
const signature = hex(
  '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
);

it('checks signatures as RFC 8032 makes them', async () => {
  const signatures = new Signatures();
  expect(await canCheck()).toBe(true);
  expect(await signatures.check(key, signature, message)).toBe(true);
  expect(await signatures.check(key, signature, hex('af83'))).toBe(false);
  expect(await signatures.check(key, signature.map((byte) => byte ^ 1), message)).toBe(false);
  expect(await signatures.check(key, hex('00'), message)).toBe(false);
});

it('takes what is no key for a no, also after many keys', async () => {
  const signatures = new Signatures();
  for (let i = 0; i < 20; i++) expect(await signatures.check(new Uint8Array(32).fill(255 - i), signature, message)).toBe(false);
  expect(await signatures.check(new Uint8Array(31), signature, message)).toBe(false);
  expect(await signatures.check(key, signature, message)).toBe(true);
});

it('compares digests whole', async () => {
  const digest = await sha256(new TextEncoder().encode('abc'));
  expect([...digest.slice(0, 4)]).toEqual([0xba, 0x78, 0x16, 0xbf]);
  expect(await hashIs(new TextEncoder().encode('abc'), digest)).toBe(true);
  expect(await hashIs(new TextEncoder().encode('abd'), digest)).toBe(false);
});

it('hashes once what several send, and anew what differs in one byte', async () => {
  const hashed = vi.spyOn(crypto.subtle, 'digest');
  const digests = new Digests();
  const [first, again] = await Promise.all([digests.of(hex('616263')), digests.of(hex('616263'))]);
  expect([...first.slice(0, 4)]).toEqual([0xba, 0x78, 0x16, 0xbf]);
  expect(again).toEqual(first);
  expect(await digests.of(hex('616264'))).not.toEqual(first);
  expect(hashed).toHaveBeenCalledTimes(2);
  for (let i = 0; i < 20; i++) expect(await digests.of(Uint8Array.of(i))).toEqual(await sha256(Uint8Array.of(i)));
  hashed.mockRestore();
});

/// <reference types="node" />
// Files that Go's tests and these share.
//
// What it is: readers of swarm/tape/testdata, wire/testdata, swarm/swarmtest/testdata and the built engine.
// Who calls it: tests.
// What it owns: nothing.
// What it will never do: be part of the page.
import { readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';

const house = resolve(import.meta.dirname, '../../..');
const golden = resolve(house, 'swarm/tape/testdata');
const messages = resolve(house, 'wire/testdata');
const tapes = resolve(house, 'swarm/swarmtest/testdata');

/** The bytes of a file of hexadecimal lines, without its comments. */
export function bytesOf(name: string, folder = golden): Uint8Array {
  const lines = readFileSync(resolve(folder, name), 'utf8').split('\n');
  return new Uint8Array(Buffer.from(lines.filter((line) => !line.startsWith('#')).join(''), 'hex'));
}

/** The bytes of a message as Go's package wire has it. */
export function messageOf(name: string): Uint8Array {
  return bytesOf(name, messages);
}

export function goldenNames(prefix: string): string[] {
  return readdirSync(golden).filter((name) => name.startsWith(prefix)).sort();
}

/** The recorded tapes, each with what the native engine answered to it. */
export function recordings(): { name: string; tape: Uint8Array; outputs: Uint8Array }[] {
  const names = readdirSync(tapes).filter((name) => name.endsWith('.tape')).sort();
  return names.map((name) => ({
    name,
    tape: new Uint8Array(readFileSync(resolve(tapes, name))),
    outputs: new Uint8Array(readFileSync(resolve(tapes, name.replace(/\.tape$/, '.outputs')))),
  }));
}

/** The engine as `make engine` builds it. */
export function engineModule(): Promise<WebAssembly.Module> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(resolve(house, 'web/engine/engine.wasm'));
  } catch {
    throw new Error('web/engine/engine.wasm is not built: run `make engine` first');
  }
  return WebAssembly.compile(new Uint8Array(bytes));
}

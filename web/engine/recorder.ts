// The flight recorder: what the engine was last told.
//
// What it is: a ring of input records. As a tape it replays in any body (swarm/tape); if the ring has turned, without its beginning.
// Who calls it: mind.ts writes; whoever copies a diagnosis reads.
// What it owns: the last inputs, within a bound. They hold names of peers and parts, no address and no media byte.
// What it will never do: leave this page by itself.
import { BIRTH_SIZE, TAPE_HEAD } from './tape';
import { Writer } from './bytes';

/** Bytes of records that are kept: some ten minutes of a busy engine. */
export const RECORDED_MAX = 4 << 20;
const CHUNK = 256 << 10;

export class Recorder {
  readonly #birth: Uint8Array;
  #chunks: Writer[] = []; // oldest first; whole records each
  #bytes = 0;

  constructor(birth: Uint8Array) {
    this.#birth = birth.slice(0, BIRTH_SIZE);
  }

  record(input: Uint8Array): void {
    let last = this.#chunks.at(-1);
    if (!last || last.written().length + 4 + input.length > CHUNK) {
      last = new Writer(CHUNK);
      this.#chunks.push(last);
    }
    last.bytes(input);
    this.#bytes += 4 + input.length;
    while (this.#bytes > RECORDED_MAX) this.#bytes -= this.#chunks.shift()?.written().length ?? this.#bytes;
  }

  tape(): Uint8Array {
    const tape = new Writer(TAPE_HEAD.length + BIRTH_SIZE + this.#bytes);
    tape.raw(new TextEncoder().encode(TAPE_HEAD)).raw(this.#birth);
    for (const chunk of this.#chunks) tape.raw(chunk.written());
    return tape.written();
  }
}

// The engine's WebAssembly module, and the little of an operating system that Go's runtime asks for.
//
// What it is: a WASI shim whose clock stands still and whose chance is constant, and the module's exports as methods on bytes.
// Who calls it: index.ts loads it, mind.ts steps it; the tests run the same module under Node.
// What it owns: one instance and its memory.
// What it will never do: give the engine a clock, chance, a file or the network; know a record.

/** The size in bytes of the engine's input buffer (cmd/engine: inputMax). */
export const INPUT_MAX = 32 << 10;

/** Go's runtime takes 0 from its clock for a broken machine. */
const ANY_TIME = 1n;

/** What cmd/engine exports. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  input(): number;
  output(): number;
  birth(length: number): number;
  step(length: number): number;
  wake(): bigint;
}

/** One engine behind the border. Any method may throw if the engine breaks; it is of no use afterwards. */
export class Module {
  readonly #exports: Exports;

  private constructor(exports: Exports) {
    this.#exports = exports;
  }

  static async start(module: WebAssembly.Module): Promise<Module> {
    const host = new Host();
    const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: host.imports() });
    const exports = instance.exports as unknown as Exports;
    host.memory = exports.memory;
    exports._initialize();
    return new Module(exports);
  }

  birth(record: Uint8Array): void {
    if (this.#exports.birth(this.#put(record)) !== 1) throw new Error('the engine refused its birth record');
  }

  /** Steps one input record and returns a copy of the output records. */
  step(record: Uint8Array): Uint8Array<ArrayBuffer> {
    const length = this.#exports.step(this.#put(record));
    if (length < 0) throw new Error('the engine refused an input record');
    const at = this.#exports.output();
    return new Uint8Array(this.#exports.memory.buffer.slice(at, at + length));
  }

  /** When to step a Tick if nothing else happens, in microseconds since the birth; null for never. */
  wakeUs(): number | null {
    const at = Number(this.#exports.wake());
    return at < 0 ? null : at;
  }

  #put(record: Uint8Array): number {
    if (record.length > INPUT_MAX) throw new RangeError('an input record longer than the engine takes');
    // The memory's buffer is another one after it has grown, so it is looked up each time.
    new Uint8Array(this.#exports.memory.buffer, this.#exports.input()).set(record);
    return record.length;
  }
}

/** Answers what Go's runtime imports. What it prints (only when it dies) becomes the message of the error thrown. */
class Host {
  memory!: WebAssembly.Memory;
  #printed = '';

  imports(): Record<string, (...args: never[]) => number> {
    const view = (): DataView => new DataView(this.memory.buffer);
    const two = (a: number, b: number): number => (view().setUint32(a, 0, true), view().setUint32(b, 0, true), 0);
    return {
      args_get: () => 0,
      args_sizes_get: two,
      environ_get: () => 0,
      environ_sizes_get: two,
      clock_time_get: (_clock: number, _precision: bigint, at: number) => (view().setBigUint64(at, ANY_TIME, true), 0),
      random_get: (at: number, length: number) => (new Uint8Array(this.memory.buffer, at, length).fill(7), 0),
      sched_yield: () => 0,
      poll_oneoff: () => this.#die('the engine tried to wait'),
      fd_write: (_file: number, list: number, count: number, written: number) => this.#print(list, count, written),
      proc_exit: (code: number) => this.#die(this.#printed.slice(0, 500) || `the engine left with code ${code}`),
    };
  }

  #die(why: string): never {
    throw new Error(why);
  }

  #print(list: number, count: number, written: number): number {
    const view = new DataView(this.memory.buffer);
    let total = 0;
    for (let i = 0; i < count; i++) {
      const length = view.getUint32(list + 8 * i + 4, true);
      const bytes = new Uint8Array(this.memory.buffer, view.getUint32(list + 8 * i, true), length);
      if (this.#printed.length < 4096) this.#printed += new TextDecoder().decode(bytes);
      total += length;
    }
    view.setUint32(written, total, true);
    return 0;
  }
}

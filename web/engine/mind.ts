// The engine, fed: inputs in, outputs out, one at a time, and a timer for when it wants to be woken.
//
// What it is: a queue in front of the WASM module, the clock of its steps, and the end of it if it breaks.
// Who calls it: body.ts feeds it and performs what it answers.
// What it owns: the module, the queue, one timer, the flight recorder.
// What it will never do: understand an input or an output.
import { Writer } from './bytes';
import { Recorder } from './recorder';
import { BIRTH_SIZE, decodeOutputs, encodeBirth, encodeInput, type Birth, type Input, type Output } from './tape';

/** What a mind asks of the module (wasm.ts). */
export interface Engine {
  birth(record: Uint8Array): void;
  step(record: Uint8Array): Uint8Array;
  wakeUs(): number | null;
}

/** What a mind tells its body. */
export interface Performer {
  perform(output: Output): void;
  /** The engine broke. It is never stepped again. */
  broke(error: unknown): void;
}

/** Time between two Ticks at least, in milliseconds: an engine that always wants to be woken now must not hold the page. */
const TICK_MS_MIN = 1;

export class Mind {
  readonly #engine: Engine;
  readonly #body: Performer;
  readonly #recorder: Recorder;
  readonly #born = performance.now();
  readonly #record = new Writer(1024);
  #inbox: Input[] = [];
  #stepping = false;
  #ended = false;
  #wakeUs: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerUs = Infinity; // when it ends

  /** Gives birth. It throws if the engine refuses. */
  constructor(engine: Engine, birth: Birth, body: Performer) {
    this.#engine = engine;
    this.#body = body;
    const record = encodeBirth(new Writer(BIRTH_SIZE), birth).written();
    this.#recorder = new Recorder(record);
    engine.birth(record);
  }

  /** Queues an input; it and all it leads to are done on return, unless this is called out of a perform. */
  feed(input: Input): void {
    if (this.#ended) return;
    // A hidden page's timers come late: whatever else wakes the page makes up for them, in the right order.
    const overdue = !this.#stepping && this.#wakeUs !== null && this.#wakeUs <= this.#nowUs();
    if (overdue && input.kind !== 'Tick') this.#inbox.push({ kind: 'Tick' });
    this.#inbox.push(input);
    if (!this.#stepping) this.#work();
  }

  /** The last inputs as a tape. */
  tape(): Uint8Array {
    return this.#recorder.tape();
  }

  end(): void {
    this.#ended = true;
    this.#inbox = [];
    clearTimeout(this.#timer);
  }

  #nowUs(): number {
    return Math.floor((performance.now() - this.#born) * 1000);
  }

  #work(): void {
    this.#stepping = true;
    try {
      for (let input = this.#inbox.shift(); input && !this.#ended; input = this.#inbox.shift()) this.#step(input);
      if (!this.#ended) this.#arm();
    } catch (error) {
      this.end();
      this.#body.broke(error);
    } finally {
      this.#stepping = false;
    }
  }

  #step(input: Input): void {
    const record = encodeInput(this.#record.clear(), this.#nowUs(), input).written();
    this.#recorder.record(record);
    for (const output of decodeOutputs(this.#engine.step(record))) {
      if (this.#ended) return; // performing one may end it all
      this.#body.perform(output);
    }
  }

  /** A timer that ends too early is left: most steps put the next wake off a little, and setting timers costs more than one that was for nothing. */
  #arm(): void {
    this.#wakeUs = this.#engine.wakeUs();
    if (this.#wakeUs === null || this.#timerUs < this.#wakeUs + 1000) return; // timers are no finer
    clearTimeout(this.#timer);
    const now = this.#nowUs();
    const ms = Math.min(Math.max(TICK_MS_MIN, Math.ceil((this.#wakeUs - now) / 1000)), 0x7fff_ffff);
    this.#timerUs = now + ms * 1000;
    this.#timer = setTimeout(() => this.#rang(), ms);
  }

  #rang(): void {
    this.#timerUs = Infinity;
    if (this.#wakeUs === null) return;
    if (this.#wakeUs <= this.#nowUs()) this.feed({ kind: 'Tick' });
    else this.#arm();
  }
}

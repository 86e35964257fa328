// What is about to go to a neighbour: a message costs both sides a turn, however short it is, so several go as one.
//
// What it is: what one turn of the page says, and what is patient with what is said next, joined; and such a message taken apart.
// Who calls it: link.ts.
// What it owns: the messages in between, and a timer for those that nothing takes along.
// What it will never do: reorder; join for a neighbour that did not say that it takes it.
import { MESSAGE_MAX, TYPE_ECHO, TYPE_HAVE, TYPE_HELLO, TYPE_JOINED, TYPE_PROBE, TYPE_STATE } from './wire';

/** How long what a neighbour holds, and can give, is kept back for others to go with it: it is of use later on, if at all. */
export const LINGER_MS = 100;
/** And an answered clock: its times are in it, but what it shows should soon be known. */
export const ECHO_LINGER_MS = 20;
/** Messages in one: the protocol's bound. */
export const JOINED_MOST = 64;

/** The last bit but one of HELLO's last byte: its sender takes several in one. */
const JOINS = 0x40;

type Message = Uint8Array<ArrayBuffer>;

export class Outbox {
  readonly #send: (message: Message) => void;
  #joins = false;
  #closed = false; // nothing more may go with what waits
  #messages: Message[] = [];
  #size = 1; // of it as one
  #soon = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = Infinity; // when the timer ends

  constructor(send: (message: Message) => void) {
    this.#send = send;
  }

  /** Hears what the neighbour says that it takes. Of a hidden page timers are late: what comes in makes up for them. */
  heard(message: Message): void {
    if (this.#due !== Infinity && performance.now() >= this.#due) this.flush();
    if (message[0] === TYPE_HELLO) this.#joins = ((message[3] ?? 0) & JOINS) !== 0;
  }

  /** Sends a message by the end of this turn, or a little later if nothing waits for it. What follows a PROBE goes apart: that is to see the line, and not how large a piece is. */
  add(message: Message): void {
    if (!this.#joins) return this.#send(message);
    if (this.#closed || this.#size + 2 + message.length > MESSAGE_MAX || this.#messages.length === JOINED_MOST) this.flush();
    this.#messages.push(message);
    this.#size += 2 + message.length;
    this.#closed = message[0] === TYPE_PROBE;
    const patience = lingers(message);
    if (patience > 0) return this.#within(patience);
    if (this.#soon) return;
    this.#soon = true;
    queueMicrotask(() => this.#soon && this.flush());
  }

  /** Sends what waits. */
  flush(): void {
    const messages = this.#messages;
    const size = this.#size;
    this.clear();
    const [first] = messages;
    if (first) this.#send(messages.length === 1 ? first : join(messages, size));
  }

  /** Forgets what waits. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#due = Infinity;
    this.#messages = [];
    this.#size = 1;
    this.#soon = this.#closed = false;
  }

  #within(ms: number): void {
    const due = performance.now() + ms;
    if (due >= this.#due) return;
    this.#due = due;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), ms);
  }
}

/** How long a message may wait for others, in milliseconds. */
function lingers([type]: Message): number {
  if (type === TYPE_HAVE || type === TYPE_STATE) return LINGER_MS;
  return type === TYPE_ECHO ? ECHO_LINGER_MS : 0;
}

function join(messages: readonly Message[], size: number): Message {
  const joined = new Uint8Array(size);
  joined[0] = TYPE_JOINED;
  let at = 1;
  for (const message of messages) {
    joined[at++] = message.length >> 8;
    joined[at++] = message.length;
    joined.set(message, at);
    at += message.length;
  }
  return joined;
}

/** The messages in one that joins several, each with bytes of its own, or null if it breaks the protocol. */
export function split(joined: Message): Message[] | null {
  const messages: Message[] = [];
  for (let at = 1; at < joined.length; ) {
    const size = ((joined[at] ?? 0) << 8) | (joined[at + 1] ?? 0);
    const message = joined.slice(at + 2, at + 2 + size);
    if (size === 0 || message.length < size || message[0] === TYPE_JOINED) return null;
    messages.push(message);
    at += 2 + size;
  }
  return messages.length < 2 || messages.length > JOINED_MOST ? null : messages;
}

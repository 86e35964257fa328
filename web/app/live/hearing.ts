// Whether the server is heard, from what the browser counts of what comes back. Pure.

/** What is needed of an RTCStats entry. */
type Entry = Readonly<Record<string, unknown>>;

/**
 * Silence for longer is told. A server reports what it receives each second at least, and as a rule ten times; ICE calls a connection
 * broken only after five seconds.
 */
export const UNHEARD_MS = 2_500;

/** Everything that only grows when a packet of the server came: reports on what was sent, and answers to checks. */
const COUNTS = ['bytesReceived', 'packetsReceived', 'responsesReceived'] as const;

export class Hearing {
  /** How long nothing has come, in ms, as of the last report; 0 until something did. */
  silentMs = 0;
  #counted = 0;
  #heardAtMs = 0;

  /** Takes a report of the connection. */
  read(entries: Iterable<Entry>, atMs: number): void {
    let counted = 0;
    for (const entry of entries) {
      if (entry.type !== 'candidate-pair') continue;
      for (const name of COUNTS) counted += typeof entry[name] === 'number' ? entry[name] : 0;
    }
    // Less than before is another pair: something chose it.
    if (counted !== this.#counted || counted === 0) this.#heardAtMs = atMs;
    this.#counted = counted;
    this.silentMs = atMs - this.#heardAtMs;
  }

  get unheard(): boolean {
    return this.silentMs >= UNHEARD_MS;
  }
}

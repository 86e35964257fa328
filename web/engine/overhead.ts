// What goes out to others beside the pieces: requests, records, acknowledgements, headers, and what is sent again.
//
// What it is: the counters of the browser's connections, read one after the other, less the pieces that were handed to them.
// Who calls it: company.ts.
// What it owns: a timer, and what each connection had sent when it was last looked at.
// What it will never do: estimate where the browser does not tell; tell of the same byte twice.

/** One connection is looked at so often: a viewer's dozen in turn, so that looking costs next to nothing. */
const LOOK_MS = 1_000;
/** IPv4 and UDP around a datagram. */
const HEADERS = 28;

/** What a connection is here. */
export interface Sender {
  readonly open: boolean;
  stats(): Promise<RTCStatsReport>;
}

export class Overhead {
  /** Bytes that went out in all, headers included; 0 as long as nothing is known. */
  sentBytes = 0;
  readonly #last = new WeakMap<Sender, number>();
  readonly #timer: ReturnType<typeof setInterval>;
  #turn = 0;
  #told = 0;

  /** `senders` are the connections that there are, `pieces` the bytes of pieces that were sent, with their headers of ours. */
  constructor(
    readonly senders: () => readonly Sender[],
    readonly pieces: () => number,
    readonly tell: (bytes: number) => void,
  ) {
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
  }

  /** Looks at the next connection. A browser that does not tell leaves it at that. */
  async look(): Promise<void> {
    const senders = this.senders().filter((sender) => sender.open);
    const sender = senders[this.#turn++ % Math.max(senders.length, 1)];
    if (!sender) return;
    const sent = await sender.stats().then(wireBytes, () => 0);
    this.sentBytes += Math.max(0, sent - (this.#last.get(sender) ?? 0));
    this.#last.set(sender, Math.max(sent, this.#last.get(sender) ?? 0));
    const beside = Math.floor(this.sentBytes - this.pieces() - this.#told);
    if (beside <= 0) return; // pieces count when they are handed over, and go out a little later
    this.#told += beside;
    this.tell(beside);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** What a connection has put on the line, as far as its statistics say. */
export function wireBytes(report: RTCStatsReport): number {
  let transport = 0;
  let pairs = 0;
  report.forEach((entry: Record<string, unknown>) => {
    const bytes = count(entry.bytesSent) + HEADERS * count(entry.packetsSent);
    if (entry.type === 'transport') transport += bytes;
    else if (entry.type === 'candidate-pair') pairs += bytes;
  });
  return Math.max(transport, pairs);
}

function count(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}

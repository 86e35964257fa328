// What goes out to others beside the pieces: requests, records, acknowledgements, headers, and what is sent again.
//
// What it is: the counters of the browser's connections, read one after the other, less the pieces that were handed to them.
// Who calls it: company.ts.
// What it owns: a timer, and what was told of each connection.
// What it will never do: estimate where the browser does not tell; tell of the same byte twice.

/** One connection is looked at so often: a viewer's dozen in turn, so that looking costs next to nothing. */
const LOOK_MS = 1_000;
/** IPv4 and UDP around a datagram. */
const HEADERS = 28;

/** What a connection is here. */
export interface Sender {
  readonly open: boolean;
  /** Bytes that were handed over and are not out yet. */
  readonly buffered: number;
  stats(): Promise<RTCStatsReport>;
}

export class Overhead<S extends Sender> {
  /** Bytes that went out beside the pieces, as far as is known. */
  bytes = 0;
  readonly #told = new WeakMap<S, number>();
  readonly #timer: ReturnType<typeof setInterval>;
  #turn = 0;

  /** `senders` are the connections that there are, `pieces` the bytes of pieces that were handed to one. */
  constructor(
    readonly senders: () => readonly S[],
    readonly pieces: (sender: S) => number,
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
    // Of this connection now, not of all: what the others have sent since their turn is pieces for the most part.
    const told = this.#told.get(sender) ?? 0;
    const beside = Math.floor(sent - Math.max(0, this.pieces(sender) - sender.buffered) - told);
    if (beside <= 0) return; // pieces count when they are handed over, and go out a little later
    this.#told.set(sender, told + beside);
    this.bytes += beside;
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

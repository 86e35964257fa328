// What came from whom and went to whom.
//
// What it is: counters per neighbour and in all.
// Who calls it: body.ts counts; the page and the reports read.
// What it owns: the counters of open connections; of those that ended only their share of the totals.
// What it will never do: steer anything.
import type { Neighbour } from '../player/swarm';
import type { Peer } from './bytes';

type Row = { -readonly [K in keyof Omit<Neighbour, 'peer'>]: Neighbour[K] };

export class Counts {
  readonly totals: Row & { httpBytes: number } = { ...none(), httpBytes: 0 };
  readonly #rows = new Map<Peer, Row>();

  met(peer: Peer): void {
    this.#rows.set(peer, none());
  }

  left(peer: Peer): void {
    this.#rows.delete(peer);
  }

  /** Bytes that a peer sent were checked and kept. */
  received(peer: Peer, bytes: number): void {
    this.#add(peer, 'receivedBytes', bytes);
    this.#add(peer, 'verified', 1);
  }

  refused(peer: Peer): void {
    this.#add(peer, 'refused', 1);
  }

  sent(peer: Peer, bytes: number): void {
    this.#add(peer, 'sentBytes', bytes);
  }

  /** Bytes of pieces that a neighbour was sent. */
  sentTo(peer: Peer): number {
    return this.#rows.get(peer)?.sentBytes ?? 0;
  }

  get neighbours(): readonly Neighbour[] {
    return [...this.#rows].map(([peer, row]) => ({ peer, ...row }));
  }

  #add(peer: Peer, what: keyof Row, more: number): void {
    this.totals[what] += more;
    const row = this.#rows.get(peer);
    if (row) row[what] += more;
  }
}

function none(): Row {
  return { receivedBytes: 0, sentBytes: 0, verified: 0, refused: 0 };
}

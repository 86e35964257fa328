// From counters to currents: what came from whom during the last seconds. Pure.
import type { Neighbour } from '../../player/swarm';

export interface Reading {
  readonly atMs: number;
  readonly serverBytes: number; // all that came from the server so far
  readonly neighbours: readonly Neighbour[];
}

export interface Flow {
  readonly label: string; // "Viewer A": never the peer's name
  readonly inRate: number; // bytes a second, over the window
  readonly outRate: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly verified: number;
  readonly refused: number;
}

export interface Currents {
  readonly server: { readonly inRate: number; readonly bytes: number };
  readonly flows: readonly Flow[];
  /** From how many sources, the server among them, something came during the window. */
  readonly sourcesNow: number;
}

export const still: Currents = { server: { inRate: 0, bytes: 0 }, flows: [], sourcesNow: 0 };

/** The window that rates are measured over: a part comes every half second, a rescue only now and then. */
const WINDOW_MS = 5_000;
/** Readings kept: one a second, and some to spare for an eager caller. */
const READINGS_MAX = 16;
/** Neighbours remembered for their letter; the engine has at most 14 at a time. */
const LABELS_MAX = 512;

export class FlowMeter {
  #readings: Reading[] = [];
  #labels = new Map<string, string>();

  read(reading: Reading): Currents {
    this.#readings.push({ ...reading, neighbours: reading.neighbours.map((peer) => ({ ...peer })) }); // the swarm may count on in place
    while (this.#readings.length > READINGS_MAX) this.#readings.shift();
    while (this.#readings.length > 2 && reading.atMs - (this.#readings[0]?.atMs ?? 0) > WINDOW_MS) this.#readings.shift();
    const before = this.#readings[0] ?? reading;
    const seconds = Math.max((reading.atMs - before.atMs) / 1000, 0.5);
    const rate = (now: number, then: number): number => Math.max(0, now - then) / seconds;
    const flows = reading.neighbours.map((peer): Flow => {
      const past = before.neighbours.find((other) => other.peer === peer.peer);
      return {
        label: this.#label(peer.peer),
        inRate: rate(peer.receivedBytes, past?.receivedBytes ?? 0),
        outRate: rate(peer.sentBytes, past?.sentBytes ?? 0),
        receivedBytes: peer.receivedBytes,
        sentBytes: peer.sentBytes,
        verified: peer.verified,
        refused: peer.refused,
      };
    });
    const server = { inRate: rate(reading.serverBytes, before.serverBytes), bytes: reading.serverBytes };
    return { server, flows, sourcesNow: flows.filter((flow) => flow.inRate > 0).length + (server.inRate > 0 ? 1 : 0) };
  }

  /** Each neighbour keeps its letter as long as the page lives. */
  #label(peer: string): string {
    let label = this.#labels.get(peer);
    if (!label) {
      if (this.#labels.size >= LABELS_MAX) this.#labels.clear();
      label = `Viewer ${letters(this.#labels.size)}`;
      this.#labels.set(peer, label);
    }
    return label;
  }
}

/** A, B, ... Z, AA, AB, ... */
export function letters(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : letters(Math.floor(index / 26) - 1) + letter;
}

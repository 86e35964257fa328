// report(): the figures that others measure this player by. docs/embedding.md tells what each means.
import type { Consent } from '../sharing/consent';
import type { Flow } from '../shoal/flows';
import type { Sharing, Totals } from './company.svelte';

/** One viewer who is connected, since it was met. */
export interface Neighbour {
  readonly name: string; // "Viewer A", on this page only
  readonly receivedBytes: number; // verified
  readonly sentBytes: number;
  readonly piecesVerified: number;
  readonly piecesRefused: number;
}

export interface Report {
  readonly startupMs: number | null; // opening the page (or going live, if later) to the first frame
  readonly stalls: number;
  readonly stalledMs: number;
  readonly latencyS: number | null;
  readonly deliveredBytes: number; // media bytes that came here: httpBytes and peerBytes
  readonly httpBytes: number; // media bytes from the server, by player and engine
  readonly peerBytes: number; // verified media bytes from viewers
  readonly uploadBytes: number;
  readonly peers: number; // open peer connections
  readonly sourcesNow: number; // sources that gave something during the last 5 s, the server among them
  readonly piecesVerified: number;
  readonly piecesRefused: number;
  readonly neighbours: readonly Neighbour[]; // the connected ones, as of the last second
  readonly viewers: number; // of the channel
  readonly engine: 'wasm' | 'off';
  readonly sharing: Sharing;
  readonly consent: Consent;
}

/** What a report is made of, where it does not say the same. */
export interface Facts extends Omit<Report, 'deliveredBytes' | 'httpBytes' | keyof Totals | 'piecesVerified' | 'piecesRefused' | 'neighbours'> {
  readonly playerHttpBytes: number;
  readonly totals: Totals;
  readonly flows: readonly Flow[];
}

export function report({ playerHttpBytes, totals, flows, ...facts }: Facts): Report {
  const { peerBytes, uploadBytes, verified, refused } = totals;
  const httpBytes = playerHttpBytes + totals.engineHttpBytes;
  return {
    ...facts,
    stalledMs: Math.round(facts.stalledMs),
    latencyS: facts.latencyS === null ? null : Math.round(facts.latencyS * 100) / 100,
    deliveredBytes: httpBytes + peerBytes,
    httpBytes,
    peerBytes,
    uploadBytes,
    piecesVerified: verified,
    piecesRefused: refused,
    neighbours: flows.map(({ label, receivedBytes, sentBytes, verified, refused }) => (
      { name: label, receivedBytes, sentBytes, piecesVerified: verified, piecesRefused: refused }
    )),
  };
}

declare global {
  interface Window {
    shoal?: { report(): Report };
  }
}

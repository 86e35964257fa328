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

export interface Facts {
  readonly startupMs: number | null;
  readonly stalls: number;
  readonly stalledMs: number;
  readonly latencyS: number | null;
  readonly playerHttpBytes: number;
  readonly totals: Totals;
  readonly peers: number;
  readonly sourcesNow: number;
  readonly flows: readonly Flow[];
  readonly viewers: number;
  readonly engine: 'wasm' | 'off';
  readonly sharing: Sharing;
  readonly consent: Consent;
}

export function report(facts: Facts): Report {
  const httpBytes = facts.playerHttpBytes + facts.totals.engineHttpBytes;
  return {
    startupMs: facts.startupMs,
    stalls: facts.stalls,
    stalledMs: Math.round(facts.stalledMs),
    latencyS: facts.latencyS === null ? null : Math.round(facts.latencyS * 100) / 100,
    deliveredBytes: httpBytes + facts.totals.peerBytes,
    httpBytes,
    peerBytes: facts.totals.peerBytes,
    uploadBytes: facts.totals.uploadBytes,
    peers: facts.peers,
    sourcesNow: facts.sourcesNow,
    piecesVerified: facts.totals.verified,
    piecesRefused: facts.totals.refused,
    neighbours: facts.flows.map(({ label, receivedBytes, sentBytes, verified, refused }) => (
      { name: label, receivedBytes, sentBytes, piecesVerified: verified, piecesRefused: refused }
    )),
    viewers: facts.viewers,
    engine: facts.engine,
    sharing: facts.sharing,
    consent: facts.consent,
  };
}

declare global {
  interface Window {
    shoal?: { report(): Report };
  }
}

// window.shoal.report(): the figures that others measure this page by. docs/operating.md tells what each means.
import type { Consent } from '../sharing/consent';
import type { Totals } from './company.svelte';

export interface Report {
  readonly startupMs: number | null; // opening the page (or going live, if later) to the first frame
  readonly stalls: number;
  readonly stalledMs: number;
  readonly latencyS: number | null;
  readonly httpBytes: number; // media bytes from the server, by player and engine
  readonly peerBytes: number; // verified media bytes from viewers
  readonly uploadBytes: number;
  readonly peers: number; // open peer connections
  readonly sourcesNow: number; // sources that gave something during the last 5 s, the server among them
  readonly piecesRefused: number;
  readonly engine: 'wasm' | 'off';
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
  readonly engine: 'wasm' | 'off';
  readonly consent: Consent;
}

export function report(facts: Facts): Report {
  return {
    startupMs: facts.startupMs,
    stalls: facts.stalls,
    stalledMs: Math.round(facts.stalledMs),
    latencyS: facts.latencyS === null ? null : Math.round(facts.latencyS * 100) / 100,
    httpBytes: facts.playerHttpBytes + facts.totals.engineHttpBytes,
    peerBytes: facts.totals.peerBytes,
    uploadBytes: facts.totals.uploadBytes,
    peers: facts.peers,
    sourcesNow: facts.sourcesNow,
    piecesRefused: facts.totals.refused,
    engine: facts.engine,
    consent: facts.consent,
  };
}

declare global {
  interface Window {
    shoal?: { report(): Report };
  }
}

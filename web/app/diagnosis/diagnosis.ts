// What a viewer hands to whoever helps: a text to read, and a tape to replay. Pure.
//
// What it is: the text, and the tape's name.
// Who calls it: Diagnosis.svelte, when it is asked to.
// What it owns: nothing.
// What it will never do: name an address, a peer or a token; leave the page by itself.
import { bytes } from '../shoal/words';
import type { Report } from '../visit/report';

export interface Findings {
  readonly name: string;
  readonly at: Date;
  readonly phase: string;
  readonly report: Report;
  readonly rest: string | null;
  readonly connected: boolean; // to the tracker
  readonly trouble: string;
  readonly browser: string;
  readonly tape: { readonly name: string; readonly bytes: number } | null;
}

/** The tape's name as a file. */
export function tapeName(channel: string, at: Date): string {
  return `shoal-${channel}-${at.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}.tape`;
}

/** The diagnosis as text, a fact a line. */
export function describe({ name, at, phase, report: r, rest, connected, trouble, browser, tape }: Findings): string {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const first = r.startupMs === null ? 'none shown yet' : `first after ${seconds(r.startupMs)}`;
  const behind = r.latencyS === null ? '' : `, ${r.latencyS} s behind live`;
  return [
    `Shoal diagnosis: channel ${name}, ${at.toISOString()}`,
    `picture: ${phase}, ${first}${behind}; stalls: ${r.stalls}, ${seconds(r.stalledMs)} in all`,
    `media: ${bytes(r.peerBytes)} from viewers, ${bytes(r.httpBytes)} from the server, ${bytes(r.uploadBytes)} given; pieces: ${r.piecesVerified} verified, ${r.piecesRefused} refused`,
    `sharing: ${r.sharing}${rest ? ` (${rest})` : ''}, consent ${r.consent}, engine ${r.engine}; connections: ${r.peers}, viewers: ${r.viewers}, tracker ${connected ? 'connected' : 'away'}`,
    ...r.neighbours.map((one) => `  ${one.name}: ${bytes(one.receivedBytes)} to here, ${bytes(one.sentBytes)} from here, ${one.piecesVerified} verified, ${one.piecesRefused} refused`),
    ...(trouble ? [`trouble: ${withoutAddresses(trouble)}`] : []),
    `browser: ${browser}`,
    tape ? `tape: ${tape.name}, ${bytes(tape.bytes)}; bin/shoal sim --replay ${tape.name} steps an engine through it` : 'tape: none, sharing was not on',
  ].join('\n');
}

/** Takes addresses out of a text that a browser or a library wrote. */
export function withoutAddresses(text: string): string {
  return text
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s'")]+/gi, '(address)')
    .replace(/(?<![\w:])\[?[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:%\w+)?\]?/gi, '(address)')
    .replace(/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '(address)')
    .replace(/\b[0-9a-f-]{36}\.local\b/gi, '(address)');
}

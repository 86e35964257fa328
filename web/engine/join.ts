// The request that lets a viewer in.
//
// What it is: POST join, and its answer read with suspicion.
// Who calls it: tracker.ts, before each connection: a token is good for one viewer and a few minutes.
// What it owns: nothing.
// What it will never do: retry; open the connection.
import { withToken } from '../player/address';
import { isPeer, parseChannel, type Peer } from './bytes';

export type Mode = 'watch' | 'share';

export interface Joined {
  readonly token: string;
  readonly peer: Peer;
  readonly tracker: string; // path or address of the WebSocket
  readonly ice: RTCIceServer[];
  readonly channel: Uint8Array;
  readonly serverTimeMs: number;
}

/** A join that takes longer is tried again. */
const JOIN_MS = 10_000;

/** Asks to be let in. It rejects if the server does not answer, or says no. */
export async function join(base: string, name: string, mode: Mode, token = '', recording = 0): Promise<Joined> {
  const response = await fetch(withToken(`${base}/api/v1/channels/${encodeURIComponent(name)}/join`, token), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(recording > 0 ? { mode, recording } : { mode }),
    cache: 'no-store',
    signal: AbortSignal.timeout(JOIN_MS),
  });
  if (!response.ok) throw new Error(`join: the server answered ${response.status}`);
  const answer = read(await response.json());
  if (!answer) throw new Error('join: the answer is malformed');
  return answer;
}

function read(o: unknown): Joined | null {
  if (typeof o !== 'object' || o === null) return null;
  const { token, peer, tracker, ice = [], channel, serverTimeMs } = o as Record<string, unknown>;
  if (typeof token !== 'string' || typeof tracker !== 'string' || typeof channel !== 'string') return null;
  const key = parseChannel(channel);
  if (typeof peer !== 'string' || !isPeer(peer) || !key || typeof serverTimeMs !== 'number') return null;
  return { token, peer, tracker, ice: Array.isArray(ice) ? (ice as RTCIceServer[]) : [], channel: key, serverTimeMs };
}

// What the server says of channels: GET /api/v1/channels and /api/v1/channels/NAME.
import { withToken } from '../../player/address';
import { LEAST_TARGET_S, MOST_TARGET_S } from '../../player/distance';

export interface ChannelLine {
  readonly name: string;
  readonly live: boolean;
  readonly publishing: boolean; // not while a broadcast waits for its publisher to come back
  readonly awaited: boolean; // not live any more, as the server was started anew, and its publisher may still come back
  readonly viewers: number;
  readonly recordings: number;
  readonly poster: string; // address on its server; '' if there is none
}

export interface Channel extends ChannelLine {
  readonly channel: string; // its public key
  readonly started: string | null; // RFC 3339
  readonly epoch: number;
  readonly soundOnly: boolean; // it has tracks, and none of them is a picture
  readonly sharing: { readonly allowed: boolean; readonly preset_allowed: boolean };
  readonly rewindS: number; // how far back it may be played while live
  readonly clips: boolean; // viewers may make clips
  readonly latencyS: number | null; // how far behind live they are meant to be; null: the server does not say
  readonly storyboard: string; // of what is live, on its server; '' if there is none
}

/**
 * `missing`: there is no such channel. `private`: it wants a pass, or a new one because this is `over`. `away`: the server did
 * not answer, or not with what was asked.
 */
export type Answer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'missing' }
  | { readonly kind: 'private'; readonly over: boolean }
  | { readonly kind: 'away'; readonly why: string };

/** A server that takes longer is told to be away: the page asks again anyway. */
const ANSWER_WITHIN_MS = 8_000;

export function listChannels(): Promise<Answer<readonly ChannelLine[]>> {
  return ask('/api/v1/channels', (body) => (Array.isArray(body) ? body.flatMap((line) => channelLine(line) ?? []) : null));
}

/** `base` is the server's address, '' on its own pages; `token` a pass, or ''. */
export function askChannel(base: string, name: string, token: string): Promise<Answer<Channel>> {
  return ask(withToken(`${base}/api/v1/channels/${encodeURIComponent(name)}`, token), channel);
}

export async function ask<T>(path: string, read: (body: unknown) => T | null, post?: unknown): Promise<Answer<T>> {
  try {
    const response = await fetch(path, {
      headers: { Accept: 'application/json' }, cache: 'no-store', signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      ...(post === undefined ? {} : { method: 'POST', body: JSON.stringify(post) }),
    });
    if (response.status === 404) return { kind: 'missing' };
    if (response.status === 403) return { kind: 'private', over: (await response.text()).includes('pass_over') };
    if (!response.ok) return { kind: 'away', why: `the server answered ${response.status}` };
    const value = read(await response.json());
    return value === null ? { kind: 'away', why: 'the answer was not understood' } : { kind: 'ok', value };
  } catch (error) {
    return { kind: 'away', why: error instanceof Error ? error.message : String(error) };
  }
}

export function fields(body: unknown): Record<string, unknown> | null {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : null;
}

function channelLine(body: unknown): ChannelLine | null {
  const line = fields(body);
  if (!line || typeof line.name !== 'string') return null;
  return { name: line.name, live: line.live === true, publishing: line.publishing !== false, awaited: line.awaited === true, viewers: count(line.viewers), recordings: count(line.recordings), poster: own(line.poster) ? line.poster : '' };
}

/** Exported for its test. */
export function channel(body: unknown): Channel | null {
  const whole = fields(body);
  const line = channelLine(body);
  if (!whole || !line) return null;
  const sharing = fields(whole.sharing);
  return {
    ...line,
    channel: typeof whole.channel === 'string' ? whole.channel : '',
    started: typeof whole.started === 'string' ? whole.started : null,
    epoch: count(whole.epoch),
    soundOnly: soundOnly(whole.tracks),
    sharing: { allowed: sharing?.mode !== 'off', preset_allowed: sharing?.preset_allowed === true },
    rewindS: count(whole.rewind_s),
    clips: whole.clips === true,
    latencyS: distance(whole.latency_s),
    storyboard: own(whole.storyboard) ? whole.storyboard : '',
  };
}

function distance(value: unknown): number | null {
  return typeof value === 'number' && value >= LEAST_TARGET_S && value <= MOST_TARGET_S ? value : null;
}

function soundOnly(tracks: unknown): boolean {
  if (!Array.isArray(tracks) || tracks.length === 0) return false;
  return tracks.every((track) => fields(track)?.kind === 'audio');
}

/** An address on the server that said it. */
export function own(value: unknown): value is string {
  return typeof value === 'string' && /^\/[^/\\]/.test(value);
}

export function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0;
}

/** The channel name in /c/NAME, /c/NAME/r/EPOCH, /c/NAME/clip/CLIP or /embed/NAME, or null. The form is that of Go's id.Name. */
export function channelInPath(path: string): string | null {
  return /^\/(?:c|embed)\/([a-z0-9][a-z0-9_-]{0,39})(?:\/r\/\d{1,15}|\/clip\/[a-z2-7]{10})?\/?$/.exec(path)?.[1] ?? null;
}

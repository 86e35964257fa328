// How a publisher's stream comes in: GET /api/v1/channels/NAME/health, for whoever holds the stream key.
import { problemIn } from '../place/refused';

export interface Health {
  readonly live: boolean;
  readonly publishing: boolean;
  readonly protocol: string;
  readonly bitsPerSecond: number;
  readonly framesPerSecond: number;
  readonly keyIntervalMs: number;
  readonly framesMissing: number;
  readonly packetsLost: number;
  readonly returns: number;
  readonly picture: { readonly codec: string; readonly width: number; readonly height: number } | null;
  readonly rungs: readonly { readonly height: number; readonly leftOut: boolean }[];
  readonly sounds: readonly { readonly codec: string; readonly language: string }[];
  readonly captions: readonly string[];
  readonly advice: readonly { readonly code: string; readonly says: string }[];
}

/** `refused`: the key is not this channel's. `later`: the server says why it does not tell now. */
export type HealthAnswer =
  | { readonly kind: 'ok'; readonly value: Health }
  | { readonly kind: 'refused' }
  | { readonly kind: 'later'; readonly says: string }
  | { readonly kind: 'away'; readonly why: string };

const ANSWER_WITHIN_MS = 8_000;

/** Asks with the stream key, which goes into a header, never into an address. */
export async function askHealth(name: string, key: string): Promise<HealthAnswer> {
  try {
    const response = await fetch(`/api/v1/channels/${encodeURIComponent(name)}/health`, {
      headers: { Accept: 'application/json', Authorization: `Bearer ${key}` },
      cache: 'no-store',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    if (response.status === 401) return { kind: 'refused' };
    if (!response.ok) return { kind: 'later', says: problemIn(await response.text()) };
    const value = health(await response.json());
    return value ? { kind: 'ok', value } : { kind: 'away', why: 'the answer was not understood' };
  } catch (error) {
    return { kind: 'away', why: error instanceof Error ? error.message : String(error) };
  }
}

/** Reads an answer field by field. Exported for its test. */
export function health(body: unknown): Health | null {
  const whole = fields(body);
  if (!whole) return null;
  const picture = fields(whole.picture);
  return {
    live: whole.live === true,
    publishing: whole.publishing === true,
    protocol: text(whole.protocol),
    bitsPerSecond: amount(whole.bits_per_second),
    framesPerSecond: amount(whole.frames_per_second),
    keyIntervalMs: amount(whole.key_interval_ms),
    framesMissing: amount(whole.frames_missing),
    packetsLost: amount(whole.packets_lost),
    returns: amount(whole.returns),
    picture: picture && { codec: text(picture.codec), width: amount(picture.width), height: amount(picture.height) },
    rungs: (Array.isArray(whole.rungs) ? whole.rungs : []).map((one: unknown) => ({ height: amount(fields(one)?.height), leftOut: text(fields(one)?.left_out) !== '' })),
    sounds: (Array.isArray(whole.sounds) ? whole.sounds : []).map((one: unknown) => ({ codec: text(fields(one)?.codec), language: text(fields(one)?.language) })),
    captions: (Array.isArray(whole.captions) ? whole.captions : []).map(text),
    advice: (Array.isArray(whole.advice) ? whole.advice : []).flatMap((one: unknown) => {
      const said = fields(one);
      return said && typeof said.says === 'string' ? [{ code: text(said.code), says: said.says }] : [];
    }),
  };
}

/** The figures as lines for people: a name and what is so. */
export function lines(h: Health): readonly (readonly [string, string])[] {
  const picture = h.picture
    ? `${h.picture.width} × ${h.picture.height}, ${h.framesPerSecond.toFixed(0)} frames a second` + (h.keyIntervalMs > 0 ? `, key frames every ${seconds(h.keyIntervalMs)}` : '')
    : 'none';
  return [
    ['Comes in over', h.protocol === '' ? 'the server itself' : h.protocol.toUpperCase()],
    ['Picture', picture],
    ...(h.rungs.length > 0 ? [['Your ladder', rungs(h)] as const] : []),
    ['Sound', sounds(h)],
    ['Captions', h.captions.length > 0 ? `yes (${h.captions.join(', ')})` : 'none'],
    ['Bitrate', `${(h.bitsPerSecond / 1e6).toFixed(1)} Mbit/s`],
    ['Missing', `${h.framesMissing} frames` + (h.packetsLost > 0 ? `, ${h.packetsLost} packets lost on the line` : '')],
  ];
}

function rungs({ rungs: all }: Health): string {
  const taken = all.filter(({ leftOut }) => !leftOut).map(({ height }) => `${height}p`).join(', ');
  const out = all.filter(({ leftOut }) => leftOut).length;
  return (taken || 'nothing') + (out > 0 ? `, ${out} left out` : '');
}

function sounds({ sounds: all }: Health): string {
  const languages = all.map(({ language }) => language).filter(Boolean).join(', ');
  if (all.length === 0) return 'none';
  return (all.length === 1 ? 'there' : `${all.length} tracks`) + (languages ? ` (${languages})` : '');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).replace(/\.0$/, '')} s`;
}

function fields(body: unknown): Record<string, unknown> | null {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : null;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function amount(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}

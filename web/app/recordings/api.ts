// What the server says of recordings: GET /api/v1/channels/NAME/recordings.
import { withToken } from '../../player/address';
import { ask, count, fields, own, type Answer } from '../channels/api';

export interface Chapter {
  readonly atS: number;
  readonly wall: string; // RFC 3339
}

export interface Recording {
  readonly epoch: number;
  readonly clip: string; // '' for a recording
  readonly title: string;
  readonly started: string; // RFC 3339
  readonly lastsS: number;
  readonly live: boolean; // the broadcast goes on
  readonly chapters: readonly Chapter[];
  readonly page: string;
  readonly hls: string;
  readonly download: string | null;
  readonly poster: string; // '' if there is none, here and below
  readonly storyboard: string;
  /** How much of its smaller qualities is made, 0 to 1; null while none are. */
  readonly making: number | null;
}

/** Whose recordings: its server ('' is this one), its name, and a pass to it, or ''. */
export interface Whose {
  readonly base: string;
  readonly name: string;
  readonly token: string;
}

function address({ base, name, token }: Whose, what: string): string {
  return withToken(`${base}/api/v1/channels/${encodeURIComponent(name)}/${what}`, token);
}

/** Newest first, as many as the server lists at once; those older than a recording if `before` is one. */
export function listRecordings(whose: Whose, before?: number): Promise<Answer<readonly Recording[]>> {
  return ask(address(whose, before ? `recordings?before=${before}` : 'recordings'), (body) => (Array.isArray(body) ? body.flatMap((line) => recording(line, whose) ?? []) : null));
}

/** One of them, however old. */
export function askRecording(whose: Whose, epoch: number): Promise<Answer<Recording>> {
  return ask(address(whose, `recordings/${epoch}`), (body) => recording(body, whose));
}

export function askClip(whose: Whose, clip: string): Promise<Answer<Recording>> {
  return ask(address(whose, `clips/${clip}`), (body) => recording(body, whose));
}

/** A range of a recording as it is played, or the last seconds of what is live. */
export type ClipWish = { readonly last_s: number; readonly ago_s?: number } | { readonly recording: number; readonly from_s: number; readonly to_s: number };

export function makeClip(whose: Whose, wish: ClipWish): Promise<Answer<Recording>> {
  return ask(address(whose, 'clips'), (body) => recording(body, whose), wish);
}

/** Exported for its test. Its page and its file hold the pass. */
export function recording(body: unknown, { base, token }: Whose): Recording | null {
  const line = fields(body);
  if (!line || typeof line.started !== 'string' || !own(line.page) || !own(line.hls)) return null;
  return {
    epoch: count(line.epoch),
    clip: typeof line.clip === 'string' ? line.clip : '',
    title: typeof line.title === 'string' ? line.title : '',
    started: line.started,
    lastsS: seconds(line.lasts_s),
    live: line.live === true,
    chapters: Array.isArray(line.chapters) ? line.chapters.flatMap((each) => chapter(each) ?? []) : [],
    page: withToken(base + line.page, token),
    hls: base + line.hls,
    download: own(line.download) ? withToken(base + line.download, token) : null,
    poster: own(line.poster) ? withToken(base + line.poster, token) : '',
    making: typeof line.rungs_making === 'number' ? Math.min(Math.max(line.rungs_making, 0), 1) : null,
    storyboard: own(line.storyboard) ? withToken(base + line.storyboard, token) : '',
  };
}

function chapter(body: unknown): Chapter | null {
  const line = fields(body);
  return line && typeof line.wall === 'string' ? { atS: seconds(line.at_s), wall: line.wall } : null;
}

function seconds(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}

/** The clip in /c/NAME/clip/CLIP, or ''. */
export function clipInPath(path: string): string {
  return /^\/c\/[^/]+\/clip\/([a-z2-7]{10})\/?$/.exec(path)?.[1] ?? '';
}

/** The recording in /c/NAME/r/EPOCH, or null. */
export function recordingInPath(path: string): number | null {
  const found = /^\/c\/[^/]+\/r\/([1-9]\d{0,14})\/?$/.exec(path);
  return found ? Number(found[1]) : null;
}

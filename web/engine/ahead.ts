// The records of what a recording's viewer will play: nobody pushes them, so they are asked of the server, ahead of the picture.
//
// What it is: the recording's playlists, read once, and one small request for each segment's records as the playhead nears it.
// Who calls it: body.ts: look at every playhead, plays when the player asks for a track's segment.
// What it owns: which segments' records were asked for; requests, one at a time.
// What it will never do: believe a record: each goes to the engine as a stranger's does.
import { RECORD_MAX } from './signal';

/** How far ahead records are fetched: what the engine plans for, and some more. */
const AHEAD_MS = 75_000;
/** Behind the playhead there is nothing to plan for but what was just left by a jump. */
const BEHIND_MS = 4_000;
/** A request that takes longer is tried again at a later look. */
const ANSWER_MS = 8_000;
/** The fixed part of a record, and where it tells length and piece size (docs/protocol.md, section 3). */
const FIXED = 169;
const SIGNATURE = 64;
const HASH = 32;
const AT_LENGTH = 162;
const CERTIFICATE = 176;
/** Segments of one playlist that are believed: a day of two seconds each. */
const SEGMENTS_MAX = 43_200;

interface Segment {
  readonly msn: number;
  readonly wallMs: number;
}

export class Ahead {
  readonly #base: string;
  readonly #record: (record: Uint8Array<ArrayBuffer>) => void;
  readonly #tracks = new Map<number, readonly Segment[] | null>(); // null: the playlist was not read yet
  readonly #asked = new Set<string>();
  readonly #ended = new AbortController();
  #certified = false;
  #busy = false;

  constructor(base: string, name: string, epoch: number, record: (record: Uint8Array<ArrayBuffer>) => void) {
    this.#base = `${base}/hls/${encodeURIComponent(name)}/${epoch}`;
    this.#record = record;
  }

  /** The player plays this track. */
  plays(track: number): void {
    if (!this.#tracks.has(track)) this.#tracks.set(track, null);
  }

  /** Fetches what is missing for a playhead. It never rejects; while it runs, another does nothing. */
  async look(wallMs: number): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      if (!this.#certified) await this.#certify();
      for (const [track, list] of this.#tracks) {
        const segments = list ?? (await this.#list(track));
        for (const { msn, wallMs: begins } of segments) {
          if (begins >= wallMs - BEHIND_MS && begins <= wallMs + AHEAD_MS) await this.#records(track, msn);
        }
      }
    } catch {
      // the server is away: at the next look it may be back
    } finally {
      this.#busy = false;
    }
  }

  stop(): void {
    this.#ended.abort();
  }

  async #certify(): Promise<void> {
    const all = await this.#bytes('cert');
    for (const certificate of split(all, () => CERTIFICATE)) this.#record(certificate);
    this.#certified = true;
  }

  async #list(track: number): Promise<readonly Segment[]> {
    const segments = readSegments(new TextDecoder().decode(await this.#bytes(`${track}.m3u8`)));
    this.#tracks.set(track, segments);
    return segments;
  }

  async #records(track: number, msn: number): Promise<void> {
    const name = `${track}/r${msn}`;
    if (this.#asked.has(name)) return;
    const all = await this.#bytes(name);
    this.#asked.add(name); // bounded by SEGMENTS_MAX for each track
    for (const record of split(all, recordLength)) this.#record(record);
  }

  async #bytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const answer = await fetch(`${this.#base}/${path}`, { signal: AbortSignal.any([this.#ended.signal, AbortSignal.timeout(ANSWER_MS)]) });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  }
}

/** The segments that a recording's media playlist names, without gaps. Exported for its test. */
export function readSegments(playlist: string): Segment[] {
  const segments: Segment[] = [];
  let wallMs = NaN;
  let gap = false;
  for (const line of playlist.split('\n')) {
    const wall = /^#EXT-X-PROGRAM-DATE-TIME:(.+)$/.exec(line);
    if (wall?.[1]) wallMs = Date.parse(wall[1]);
    if (line === '#EXT-X-GAP') gap = true;
    const named = /^\d+\/s(\d{1,15})\.m4s$/.exec(line);
    if (!named) continue;
    if (!gap && Number.isFinite(wallMs) && segments.length < SEGMENTS_MAX) segments.push({ msn: Number(named[1]), wallMs });
    gap = false;
  }
  return segments;
}

/** The length of the record at the beginning of b, or 0 if there is none. Exported for its test. */
export function recordLength(b: Uint8Array): number {
  if (b.length < FIXED + SIGNATURE) return 0;
  const view = new DataView(b.buffer, b.byteOffset, b.byteLength);
  const size = (view.getUint8(AT_LENGTH + 4) << 16) | view.getUint16(AT_LENGTH + 5);
  const pieces = size > 0 ? Math.ceil(view.getUint32(AT_LENGTH) / size) : 0;
  const length = FIXED + HASH * pieces + SIGNATURE;
  return length <= RECORD_MAX ? length : 0;
}

/** Cuts what stands one after the other; what is left over is dropped. */
function* split(all: Uint8Array<ArrayBuffer>, lengthOf: (rest: Uint8Array) => number): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < all.length; ) {
    const length = lengthOf(all.subarray(at));
    if (length === 0 || at + length > all.length) return;
    yield all.subarray(at, at + length);
    at += length;
  }
}

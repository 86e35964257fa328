// The storyboard of a recording, or of what is live: which tile is for when. A WebVTT track whose cues name a place on a sheet.
import { withToken } from '../../player/address';

/** Where a storyboard is found, and what 0 on the seek bar is in its own seconds. */
export interface BoardPlace {
  readonly address: string; // with the pass, if one is wanted
  readonly token: string;
  readonly offsetS: number;
  readonly grows: boolean;
}

export interface Tile {
  readonly fromS: number;
  readonly toS: number;
  readonly sheet: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** More than any server of ours writes. */
const TILES_MAX = 5_000;
const SIDE_MAX = 4_096;

/** Reads a track; sheets are found beside it. What is not understood is left out. */
export function readTiles(text: string, { address, token }: Pick<BoardPlace, 'address' | 'token'>): readonly Tile[] {
  const tiles: Tile[] = [];
  const base = new URL(address, location.href);
  for (const cue of text.split(/\n{2,}/)) {
    const [, from = '', to = ''] = /(\S+) --> (\S+)/.exec(cue) ?? [];
    const [, sheet = '', ...numbers] = /^(tiles-[\d-]+\.jpg)#xywh=(\d+),(\d+),(\d+),(\d+)$/m.exec(cue) ?? [];
    const [x = 0, y = 0, width = 0, height = 0] = numbers.map(Number);
    const fromS = seconds(from);
    const toS = seconds(to);
    if (!sheet || !(fromS < toS) || Math.max(x, y, width, height) > SIDE_MAX || width < 1 || height < 1) continue;
    tiles.push({ fromS, toS, sheet: withToken(new URL(sheet, base).href, token), x, y, width, height });
    if (tiles.length === TILES_MAX) break;
  }
  return tiles;
}

/** 00:01:02.500 in seconds; NaN if it is no time. */
function seconds(text: string): number {
  const found = /^(?:(\d+):)?(\d\d):(\d\d\.\d{3})$/.exec(text);
  return found ? Number(found[1] ?? 0) * 3600 + Number(found[2]) * 60 + Number(found[3]) : NaN;
}

/** The tile for a time, or the last one before it; null before the first. Tiles are in order. */
export function tileAt(tiles: readonly Tile[], atS: number): Tile | null {
  let low = 0;
  let high = tiles.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tiles[middle]?.fromS ?? Infinity) <= atS) low = middle + 1;
    else high = middle;
  }
  return tiles[low - 1] ?? null;
}

/** What grows is asked for again after so long. */
const AGAIN_MS = 10_000;

/** One storyboard, asked for when somebody looks at it. */
export class Storyboard {
  tiles: readonly Tile[] = [];
  #address = '';
  #askedAt = -Infinity;

  /** Loads it if it is another one, or has grown. True when there are other tiles than before. */
  async want(place: BoardPlace, nowMs: number): Promise<boolean> {
    const same = place.address === this.#address;
    if (same && !(place.grows && nowMs - this.#askedAt > AGAIN_MS)) return false;
    if (!same) this.tiles = [];
    this.#address = place.address;
    this.#askedAt = nowMs;
    const text = await fetch(place.address).then((answer) => (answer.ok ? answer.text() : ''), () => '');
    if (place.address !== this.#address || !text) return false;
    this.tiles = readTiles(text, place);
    return true;
  }
}

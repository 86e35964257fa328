import type { EdgeSource, PartSource, RecordSource } from './swarm';
import type { TextWish } from './texts';

/** The way to hls.js, which a page may have already, or load when there is something to play. */
export type LoadHls = () => Promise<typeof import('./hls')>;

/** What the player asks of whoever set it up. */
export interface Surroundings {
  /** The pass to a private channel, or ''. */
  readonly token: string;
  /** How far behind live the picture is meant to be, in seconds. It may change while it plays. */
  distanceS(): number;
  source(): PartSource | null;
  /** What the viewer wants to read over the picture, to begin with. */
  readonly reads: TextWish;
  /** The language that he wants to hear, to begin with, or ''. */
  readonly hears: string;
  readonly edges: () => EdgeSource | null;
  readonly records: () => RecordSource | null;
  /** The player turns to these tracks, ascending. It plays all there are until it says so. */
  follows(tracks: readonly number[]): void;
  /** With how many others this viewer shares now. */
  companions(): number;
  /** The broadcast waits for its publisher: nothing new is to be expected. */
  resting(): boolean;
  /** Server clock minus this device's, in milliseconds, or null while unknown. */
  clockOffsetMs(): number | null;
  /** The first frame of a source is on screen. */
  shown(): void;
  /** The picture moves with enough ahead that other work may begin. Once a source, after shown. */
  calm(): void;
  /** Something that the page shows may have changed. */
  changed(): void;
  /** The playlists speak of another epoch, or of the end: the page asks the server and calls start or stop. */
  doubted(): void;
  /** It keeps failing, or the browser cannot play a codec, which is then named; the player goes on trying. */
  troubled(detail: string, codec?: string): void;
}

// What a player says of itself.

/** One look at a player. */
export interface Seen {
  /** Where it plays, in seconds of its own clock; null before its first picture. */
  readonly atS: number | null;
  /** Pictures that it decoded so far, or null if it cannot tell. */
  readonly frames: number | null;
  /** Of those, the ones that it did not show, by its own account. */
  readonly lost: number;
  /** What it has ahead of where it plays, in seconds, if it can tell. */
  readonly aheadS?: number;
  /** All that it complained of. */
  readonly errors: readonly string[];
}

/** One player on its stream. */
export interface Player {
  readonly name: string;
  readonly version: string;
  look(): Promise<Seen>;
  /** Ends it. */
  stop(): Promise<void>;
}

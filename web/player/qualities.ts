// The qualities that a viewer may choose from, in words. Pure.

export interface Quality {
  readonly index: number; // -1: automatic
  readonly label: string;
}

/** Best first behind automatic, which names what it chose, `now`, if it does choose; none where there is no choice. */
export function qualitiesOf(levels: readonly { readonly height: number; readonly bitrate: number }[], now: number | null): readonly Quality[] {
  if (levels.length < 2) return [];
  const named = levels.map((level, index) => ({ index, label: level.height ? `${level.height}p` : `${Math.round(level.bitrate / 1000)} kbit/s` }));
  const chosen = named[now ?? -1]?.label;
  return [{ index: -1, label: chosen ? `Automatic (${chosen})` : 'Automatic' }, ...named.reverse()];
}

// The sounds that a viewer may choose from, in their own words. Pure.
import type Hls from 'hls.js';

export interface Sound {
  readonly index: number;
  readonly label: string;
  readonly language: string; // a tag, or ''
}

/** None where there is no choice. */
export function soundsOf(tracks: Hls['audioTracks']): readonly Sound[] {
  if (tracks.length < 2) return [];
  return tracks.map(({ name, lang }, index) => ({ index, label: name, language: lang ?? '' }));
}

// Which tracks of a channel hls.js plays.
import type Hls from 'hls.js';
import { playlistTrack } from './address';

/** Every track that a channel can have: eight. Who has nothing to choose between follows all, as everybody else there does. */
export const ALL_TRACKS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7];

/** The tracks that hls.js loads from now on, ascending. */
export function tracksPlayed(hls: Pick<Hls, 'levels' | 'loadLevel' | 'audioTracks' | 'audioTrack'>): readonly number[] {
  if (hls.levels.length < 2 && hls.audioTracks.length < 2) return ALL_TRACKS;
  const urls = [hls.levels[hls.loadLevel]?.url[0], hls.audioTracks[hls.audioTrack]?.url];
  // Before a sound is chosen, the first is what will be.
  if (urls[1] === undefined) urls[1] = hls.audioTracks[0]?.url;
  const tracks = urls.map((url) => (url === undefined ? null : playlistTrack(url))).filter((track) => track !== null);
  return tracks.length === 0 ? ALL_TRACKS : [...new Set(tracks)].sort((a, b) => a - b);
}

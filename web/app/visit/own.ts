// A visit on the server's own pages: what their addresses may say of it.
import * as hls from '../../player/hls';
import { presetIn } from '../sharing/consent';
import { Visit } from './visit.svelte';

export function ownVisit(name: string, recording: number | null = null, clip = '', distanceS: number | null = null): Visit {
  return new Visit({
    name,
    base: '',
    token: new URLSearchParams(location.search).get('token') ?? '',
    loadHls: () => Promise.resolve(hls), // at hand: such a page is there to play
    autoplay: true,
    distanceS,
    preset: presetIn(location.search),
    recording,
    clip,
    remembers: true,
  });
}

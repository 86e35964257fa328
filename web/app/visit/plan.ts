// What a visit is to be, and how far it is.
import type { LoadHls } from '../../player/surroundings';

/**
 * `asking`: the server has not answered yet. `away`: it does not. `missing`: no such channel. `private`: it wants a pass, or a new one.
 * `waiting`: not live.
 * `ready`: live, and the viewer has to press play. `starting`: live, no picture yet. `playing`: a picture (it may be paused).
 * `interrupted`: it was live until the server was started anew, and its publisher may still come back.
 * `ended`: it was live. `trouble`: it fails again and again; tried on all the same.
 */
export type Phase = 'asking' | 'away' | 'missing' | 'private' | 'waiting' | 'ready' | 'starting' | 'playing' | 'interrupted' | 'ended' | 'trouble';

/** Which channel, and how it is to be watched. */
export interface Plan {
  readonly name: string;
  readonly base: string; // the server's address; '' on its own pages
  readonly token: string; // a pass, or ''
  readonly loadHls: LoadHls;
  readonly autoplay: boolean;
  readonly distanceS: number | null; // behind live; null: as the channel says
  readonly preset: 'yes' | 'no' | null; // an answer to the sharing question that the page brings along, where that counts
  readonly recording: number | null; // the epoch of the recording that it is about, or null: about what is live
  readonly clip: string; // the clip that it is about, or ''
  readonly remembers: boolean; // the viewer's answer, for the next visit
}

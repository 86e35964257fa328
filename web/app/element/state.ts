// What a player on another site tells of itself: a word for programs, words for people. Pure.
import type { Phase } from '../visit/plan';

export type PlayerState = 'loading' | 'offline' | 'ready' | 'playing' | 'paused' | 'stalled' | 'ended' | 'error';

export interface Trouble {
  readonly code: 'attributes' | 'not-found' | 'private' | 'unreachable' | 'playback' | 'codec';
  readonly message: string;
}

export interface Seen {
  readonly phase: Phase;
  readonly paused: boolean;
  readonly stalled: boolean;
  readonly name: string;
  readonly base: string;
  readonly trouble: string;
  readonly codec: string; // that the browser cannot play, or ''
  readonly unanswered: boolean; // by the server
}

export function stateOf({ phase, paused, stalled }: Pick<Seen, 'phase' | 'paused' | 'stalled'>): PlayerState {
  switch (phase) {
    case 'asking':
    case 'starting':
      return 'loading';
    case 'waiting':
      return 'offline';
    case 'playing':
      return paused ? 'paused' : stalled ? 'stalled' : 'playing';
    case 'interrupted':
      return 'stalled';
    case 'ready':
    case 'ended':
      return phase;
    case 'away':
    case 'missing':
    case 'private':
    case 'trouble':
      return 'error';
  }
}

/** What a server says that does not let in, or `away` if it says nothing, in words for the page's author. */
export function refusal(says: 'away' | 'missing' | 'private', { name, base }: Pick<Seen, 'name' | 'base'>): Trouble {
  switch (says) {
    case 'missing':
      return { code: 'not-found', message: `There is no channel called ${name} at ${base}.` };
    case 'private':
      return { code: 'private', message: `${name} is private: its pass is missing, wrong or over.` };
    case 'away':
      return { code: 'unreachable', message: `${base} does not answer: it may be down, or not admit this site. It is tried again.` };
  }
}

export function troubleOf({ phase, name, base, trouble, codec, unanswered }: Seen): Trouble | null {
  switch (phase) {
    case 'missing':
    case 'private':
    case 'away':
      return refusal(phase, { name, base });
    case 'trouble':
      if (codec) return { code: 'codec', message: `This browser cannot play ${codec}: try another one, or ask the streamer for plain H.264. It is tried again.` };
      if (unanswered) return refusal('away', { name, base });
      return { code: 'playback', message: `The picture does not come through: ${trouble}. It is tried again.` };
    default:
      return null;
  }
}

/** The event of media elements that says the same, if there is one. */
export const mediaEvent: Readonly<Partial<Record<PlayerState, string>>> = {
  playing: 'playing', paused: 'pause', stalled: 'waiting', ended: 'ended', error: 'error',
};

// A visit shown in an element's shadow, and its changes told.
import { mount, unmount } from 'svelte';
import Frame from '../frame/Frame.svelte';
import type { Consent } from '../sharing/consent';
import type { Rest } from '../sharing/device';
import type { Sharing } from '../visit/company.svelte';
import type { Visit } from '../visit/visit.svelte';
import { stateOf, troubleOf, type PlayerState, type Trouble } from './state';
import Wrong from './Wrong.svelte';

export interface SharingChange {
  readonly sharing: Sharing;
  readonly consent: Consent;
  readonly rest: Rest | null; // why sharing rests
}

export interface Listener {
  state(state: PlayerState, trouble: Trouble | null): void;
  sharing(change: SharingChange): void;
}

export interface Look {
  asks: boolean;
  shares: boolean;
  controls: boolean;
  muted: boolean;
}

/** Returns the way to end it. */
export function show(visit: Visit, look: Look, target: ShadowRoot, listener: Listener): () => void {
  const frame = mount(Frame, { target, props: { visit, guest: true, ...look } });
  const deaf = $effect.root(() => {
    $effect(() => {
      const { phase, paused, stalled, name, base, trouble, codec, unanswered } = visit;
      listener.state(stateOf({ phase, paused, stalled }), troubleOf({ phase, paused, stalled, name, base, trouble, codec, unanswered }));
    });
    $effect(() => {
      const { sharing, consent, rest } = visit.company;
      listener.sharing({ sharing, consent, rest });
    });
  });
  return () => {
    deaf();
    void unmount(frame);
  };
}

/** Shows what is wrong with the attributes. */
export function showWrong(says: string, target: ShadowRoot): () => void {
  const wrong = mount(Wrong, { target, props: { says } });
  return () => void unmount(wrong);
}

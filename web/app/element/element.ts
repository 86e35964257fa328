// <shoal-player>: the watch page's player on anyone's page. docs/embedding.md tells its author what it takes and tells.
//
// What it is: a custom element; attributes in, events out, the player in its shadow.
// Who calls it: main.ts defines it; the page that it stands on.
// What it owns: the visit, while the element is on a page.
// What it will never do: share without a yes of the viewer; ask any host but the channel's server; touch the page around it.
import { yesOfViewer } from '../sharing/consent';
import type { Report } from '../visit/report';
import { Visit } from '../visit/visit.svelte';
import { ATTRIBUTES, flag, readWish, type Wish } from './attributes';
import { show, showWrong, type SharingChange } from './show.svelte';
import { mediaEvent, type PlayerState, type Trouble } from './state';
import { sheet } from './styles';

const loadHls = () => import('../../player/hls');

export class ShoalPlayer extends HTMLElement {
  static readonly observedAttributes = ATTRIBUTES;
  readonly #shadow = this.attachShadow({ mode: 'open' });
  #visit: Visit | null = null;
  #end: (() => void) | null = null;
  #state: PlayerState = 'loading';
  #told: Trouble | null = null; // what was told last
  #shared = ''; // what was told of sharing last
  #changing = false;

  constructor() {
    super();
    this.#shadow.adoptedStyleSheets = [sheet()];
  }

  connectedCallback(): void {
    if (!this.#end) this.#begin();
  }

  disconnectedCallback(): void {
    // Moved within the page it is back before this runs.
    queueMicrotask(() => {
      if (!this.isConnected) this.#stop();
    });
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (name === 'muted') {
      if (this.#visit) this.#visit.muted = flag(now, false);
    } else if (before !== now && this.#end && !this.#changing) {
      this.#changing = true; // several attributes change at once: one new beginning
      queueMicrotask(() => {
        this.#changing = false;
        this.#stop();
        if (this.isConnected) this.#begin();
      });
    }
  }

  get state(): PlayerState {
    return this.#state;
  }

  get muted(): boolean {
    return this.#visit?.muted ?? flag(this.getAttribute('muted'), false);
  }

  set muted(muted: boolean) {
    if (this.#visit) this.#visit.muted = muted;
  }

  /** Starts the picture, or goes on with it. */
  async play(): Promise<void> {
    await this.#visit?.play();
  }

  pause(): void {
    this.#visit?.pause();
  }

  /**
   * The viewer's yes, which the page has asked for: it counts only while a click or key of the viewer is being handled. It
   * rejects otherwise, and when there is no channel.
   */
  startSharing(): Promise<void> {
    const refused = yesOfViewer();
    if (refused) return Promise.reject(refused);
    if (!this.#visit) return Promise.reject(new DOMException('This player has no channel.', 'InvalidStateError'));
    this.#visit.company.choose('yes');
    return Promise.resolve();
  }

  /** The viewer's no. Every connection to another viewer is closed on return. */
  stopSharing(): void {
    this.#visit?.company.choose('no');
  }

  /** What was delivered, by whom and how well; null without a channel. */
  report(): (Report & { readonly state: PlayerState; readonly trouble: Trouble | null }) | null {
    return this.#visit ? { state: this.#state, trouble: this.#told, ...this.#visit.report() } : null;
  }

  #begin(): void {
    const wish = readWish((name) => this.getAttribute(name), new URL(import.meta.url).origin, location);
    if (typeof wish === 'string') {
      this.#end = showWrong(wish, this.#shadow);
      this.#tell('error', { code: 'attributes', message: wish });
      return;
    }
    if (wish.autoplay) void loadHls().catch(() => undefined); // on its way while the server is asked; the player asks again
    const visit = this.#visitOf(wish);
    this.#visit = visit;
    const look = { asks: wish.sharing !== 'off', shares: wish.sharing !== 'off', controls: wish.controls, muted: flag(this.getAttribute('muted'), false) };
    this.#end = show(visit, look, this.#shadow, {
      state: (state, trouble) => this.#tell(state, trouble),
      sharing: (change) => this.#tellSharing(change),
    });
  }

  #visitOf({ name, base, token, autoplay, sharing, distanceS }: Wish): Visit {
    return new Visit({ name, base, token, autoplay, distanceS, loadHls, preset: sharing === 'on' ? 'yes' : null, recording: null, clip: '', remembers: sharing !== 'off' });
  }

  #stop(): void {
    this.#end?.();
    this.#end = this.#visit = null;
    this.#told = null;
    this.#state = 'loading';
  }

  #tell(state: PlayerState, trouble: Trouble | null): void {
    if (state === this.#state && trouble?.message === this.#told?.message) return;
    this.#state = state;
    this.#told = trouble;
    this.#dispatch('statechange', { state, ...(trouble ?? {}) });
    const name = mediaEvent[state];
    if (name) this.#dispatch(name, trouble);
  }

  #tellSharing(change: SharingChange): void {
    const told = JSON.stringify(change);
    if (told === this.#shared) return;
    this.#shared = told;
    this.#dispatch('sharingchange', change);
  }

  #dispatch(name: string, detail: object | null): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

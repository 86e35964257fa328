// Who else is here: the tracker connection of a viewer who watches, or the swarm of one who shares. Never both for long.
//
// What it is: consent and its consequences.
// Who calls it: visit.svelte.ts.
// What it owns: the tracker link, the swarm, and what they counted after they are gone.
// What it will never do: load the engine or make a peer connection before a yes, or keep one for a second after a no.
import type { EdgeSource, PartSource, Swarm, SwarmStats, TrackerLink, TrackerOptions, TrackerState } from '../../player/swarm';
import { presetCounts, readConsent, revokedElsewhere, writeConsent, type Consent } from '../sharing/consent';
import { canShare, watchDevice, type Rest } from '../sharing/device';
import { Struggle } from '../sharing/struggle';
import { loadEngine, loadTracker } from './engine';

/** `off`: not wanted. `starting`, `on`: as they say. `resting`: wanted, but see `rest`. `unable`: this browser cannot, or the engine failed. */
export type Sharing = 'off' | 'starting' | 'on' | 'resting' | 'unable';

const silence: TrackerState = { connected: false, viewers: 0, sharing: 0, ended: false, mayShare: null, clockOffsetMs: null };

export interface Totals {
  readonly peerBytes: number;
  readonly engineHttpBytes: number;
  readonly uploadBytes: number;
  readonly wireBytes: number; // that and all that goes with it
  readonly verified: number;
  readonly refused: number;
}

/** The totals before anything was shared. */
export const nothing: Totals = { peerBytes: 0, engineHttpBytes: 0, uploadBytes: 0, wireBytes: 0, verified: 0, refused: 0 };

export class Company {
  consent = $state<Consent>('unset');
  sharing = $state<Sharing>('off');
  rest = $state<Rest | null>(null);
  /** The channel's viewers may share. */
  allowed = $state(true);
  tracker = $state.raw<TrackerState>(silence);
  #options: TrackerOptions;
  #storage: Storage | null;
  #open = false; // a picture was shown: from now on others may be called
  #calmed: () => void = () => undefined;
  readonly #calm = new Promise<void>((resolve) => (this.#calmed = resolve)); // loading the engine costs no frame any more
  #link: TrackerLink | null = null;
  #swarm: Swarm | null = null;
  #last: Swarm | null = null; // the newest one, also after it was left: its tape tells what happened
  readonly #listeners = new AbortController();
  #follows: readonly number[] | null = null; // all tracks
  #generation = 0; // what was begun under an older one is given up
  #device: AbortController | null = null;
  #deviceRest: Rest | null = null;
  readonly #struggle = new Struggle();
  #struggles = false;
  #rewinds = false;
  #past = nothing;

  constructor(options: TrackerOptions, storage: Storage | null) {
    this.#options = options;
    this.#storage = storage;
    this.consent = readConsent(storage);
    addEventListener('storage', (event) => {
      if (storage && this.consent === 'yes' && revokedElsewhere(event)) this.#decide('no');
    }, { signal: this.#listeners.signal });
  }

  get source(): PartSource | null {
    return this.#swarm;
  }

  get edges(): EdgeSource | null {
    return this.#swarm?.connected ? this.#swarm : this.#link;
  }

  get swarm(): Swarm | null {
    return this.#swarm;
  }

  /** What the newest engine was told; empty if there was none. */
  tape(): Uint8Array {
    return this.#last?.tape() ?? new Uint8Array();
  }

  stats(): SwarmStats | null {
    return this.#swarm?.stats() ?? null;
  }

  totals(): Totals {
    const now = this.stats();
    const past = this.#past;
    if (!now) return past;
    return {
      peerBytes: past.peerBytes + now.peerBytes,
      engineHttpBytes: past.engineHttpBytes + now.httpBytes,
      uploadBytes: past.uploadBytes + now.uploadBytes,
      wireBytes: past.wireBytes + now.wireBytes,
      verified: past.verified + now.piecesVerified,
      refused: past.refused + now.piecesRefused,
    };
  }

  /** The player has turned to other tracks. */
  follow(tracks: readonly number[]): void {
    this.#follows = tracks;
    this.#swarm?.follow(tracks);
  }

  /** Takes an answer that the page brings along, where it counts. It holds for this page only. */
  preset(preset: 'yes' | 'no' | null, hostname: string, allowedByOperator: boolean): void {
    if (preset && presetCounts(hostname, allowedByOperator)) this.#decide(preset);
  }

  /** The viewer's own word. */
  choose(consent: 'yes' | 'no'): void {
    writeConsent(this.#storage, consent);
    this.#decide(consent);
  }

  #decide(consent: 'yes' | 'no'): void {
    if (this.consent === consent) return;
    this.consent = consent;
    this.#settle();
  }

  /** Hears whether the channel's viewers may share. */
  allow(allowed: boolean): void {
    if (allowed === this.allowed) return;
    this.allowed = allowed;
    this.#settle();
  }

  /** The first frame is on screen. */
  open(): void {
    if (this.#open) return;
    this.#open = true;
    this.#settle();
  }

  /** There is enough ahead of the picture that the engine may be loaded. Forever: by the next time it is in the cache. */
  calm(): void {
    this.#calmed();
  }

  /** The broadcast is over: nobody is needed until the next one. */
  close(): void {
    this.#open = false;
    this.#settle();
  }

  /** The page needs nobody any more. */
  end(): void {
    this.#listeners.abort();
    this.close();
  }

  /** Brings what runs in line with what is wanted. */
  #settle(): void {
    const wanted = this.#open && this.allowed && this.consent === 'yes';
    if (!wanted) {
      this.#device?.abort();
      this.#device = null;
      this.#leave();
      this.sharing = 'off';
      if (this.#open) {
        void this.#attend();
        return;
      }
      this.#hangUp();
      this.tracker = silence;
      return;
    }
    if (this.#device) return;
    this.#device = new AbortController();
    void watchDevice((rest) => {
      this.#deviceRest = rest;
      this.#weigh();
    }, this.#device.signal);
  }

  /** Hears how often the picture has stood still. */
  stood(stalls: number, now: number): void {
    const struggles = this.#struggle.rests(stalls, this.#swarm !== null, now);
    if (struggles === this.#struggles) return;
    this.#struggles = struggles;
    if (this.#device) this.#weigh();
  }

  /** The viewer went back from live, or returned: what is past has neither its neighbours nor its trees. */
  rewinds(away: boolean): void {
    if (away === this.#rewinds) return;
    this.#rewinds = away;
    if (this.#device) this.#weigh();
  }

  /** Rests or shares, as device and picture allow. */
  #weigh(): void {
    this.rest = this.#deviceRest ?? (this.#rewinds ? 'rewinds' : this.#struggles ? 'stalls' : null);
    if (this.rest) {
      this.#leave();
      this.sharing = 'resting';
      void this.#attend();
    } else if (this.sharing === 'off' || this.sharing === 'resting') {
      void this.#join();
    }
  }

  /** Connects to the tracker as one who only watches. */
  async #attend(): Promise<void> {
    if (this.#link) return;
    const generation = this.#generation;
    const connect = await loadTracker().catch(() => null);
    if (!connect || this.#link || this.#swarm || generation !== this.#generation || !this.#open) return;
    const link = connect(this.#options);
    this.#link = link;
    link.onChange(() => this.#heard());
    this.#heard();
  }

  async #join(): Promise<void> {
    const generation = ++this.#generation;
    const stale = (): boolean => generation !== this.#generation;
    this.sharing = 'starting';
    try {
      if (!(await canShare())) throw new Error('this browser lacks what sharing needs');
      await this.#calm;
      if (stale()) return;
      const start = await loadEngine();
      if (stale()) return;
      const swarm = await start({ ...this.#options, uplink: 0 });
      if (stale()) {
        swarm.stop();
        return;
      }
      this.#swarm = this.#last = swarm;
      if (this.#follows) swarm.follow(this.#follows);
      this.sharing = 'on';
      swarm.onChange(() => this.#heard());
      this.#heard();
    } catch (error) {
      if (stale()) return;
      console.info('shoal: watching from the server:', error);
      this.#alone();
    }
  }

  /** Goes on as one who only watches: this browser cannot share, or not any more. */
  #alone(): void {
    this.#leave();
    this.sharing = 'unable';
    void this.#attend();
  }

  #heard(): void {
    if (this.stats()?.broken) return this.#alone();
    if (this.#swarm?.connected) this.#hangUp();
    this.tracker = this.#swarm?.stats() ?? this.#link?.state() ?? silence;
    this.allow(this.tracker.mayShare ?? this.allowed);
  }

  #hangUp(): void {
    this.#link?.stop();
    this.#link = null;
  }

  /** Ends sharing at once. */
  #leave(): void {
    this.#generation++;
    const swarm = this.#swarm;
    if (!swarm) return;
    this.#past = this.totals();
    this.#swarm = null;
    swarm.stop();
  }
}

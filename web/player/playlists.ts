// hls.js's door for playlists: made here while the swarm brings the records of parts; else, wait for the tracker's notice that the
// wanted part is out, and only then ask the server.
//
// A blocking reload holds a request open at the server. Browsers allow six connections to a host over HTTP/1.1, for all tabs
// together: two tracks in three tabs would use them up, and media would wait behind playlists.
import type {
  HlsConfig, Loader, LoaderCallbacks, LoaderConfiguration, LoaderContext, LoaderStats, PlaylistLoaderContext,
} from 'hls.js';
import { playlistTrack, withToken } from './address';
import type { Listings } from './listings';
import { RECORD_LATE_MS, edgePatience, type EdgeTrust } from './patience';
import type { EdgeSource, RecordSource } from './swarm';

export interface PlaylistDesk {
  readonly trust: EdgeTrust;
  readonly listings: Listings;
  readonly token?: string; // the pass to a private channel
  edges(): EdgeSource | null;
  /** Who has the records of parts now: the engine, if there is one. */
  records(): RecordSource | null;
  /** The broadcast waits for its publisher. A request that waits for what comes next would end as an error, in every viewer's console. */
  resting?(): boolean;
}

type Callbacks = LoaderCallbacks<PlaylistLoaderContext>;
type PlaylistLoader = new (config: HlsConfig) => Loader<PlaylistLoaderContext>;

/** Part duration while the playlist has not told: what Shoal's packer aims at. */
const PART_TARGET_S = 0.5;

/** Returns the class that hls.js asks for as `pLoader`. One instance makes one load. */
export function playlistLoader(desk: PlaylistDesk): PlaylistLoader {
  return class extends EdgeLoader {
    constructor(config: HlsConfig) {
      super(desk, config);
    }
  };
}

class EdgeLoader implements Loader<PlaylistLoaderContext> {
  context: PlaylistLoaderContext | null = null;
  stats: LoaderStats;
  #desk: PlaylistDesk;
  #server: Loader<LoaderContext>;
  #callbacks: Callbacks | null = null;
  #waiting: AbortController | null = null;
  #made = false;

  constructor(desk: PlaylistDesk, config: HlsConfig) {
    this.#desk = desk;
    this.#server = new config.loader(config);
    this.stats = this.#server.stats;
  }

  load(context: PlaylistLoaderContext, config: LoaderConfiguration, callbacks: Callbacks): void {
    this.context = context;
    this.#callbacks = callbacks;
    void this.#load(context, config, callbacks);
  }

  async #load(context: PlaylistLoaderContext, config: LoaderConfiguration, callbacks: Callbacks): Promise<void> {
    const asked = performance.now();
    const edges = this.#desk.edges();
    const track = playlistTrack(context.url);
    const records = track !== null && this.#desk.listings.knows(track) ? this.#desk.records() : null;
    // Of a track that the player has just turned to nothing may come: it is asked for at once.
    const turned = track !== null && this.#desk.listings.turned(track);
    const msn = context.deliveryDirectives?.msn;
    let missed = false;
    if (!turned && (edges?.connected || records) && track !== null && msn !== undefined && this.#desk.trust.believed(asked)) {
      const waiting = new AbortController();
      this.#waiting = waiting;
      const partTarget = context.levelOrTrack?.details?.partTarget || PART_TARGET_S;
      const timer = setTimeout(() => waiting.abort(), edgePatience(partTarget));
      const part = context.deliveryDirectives?.part ?? -1;
      const out = edges?.waitFor(track, msn, part, waiting.signal).catch(() => false) ?? Promise.resolve(false);
      const text = records ? await this.#make(track, msn, part, context, records, out, waiting) : null;
      const came = text !== null || (await out);
      clearTimeout(timer);
      if (this.#waiting !== waiting) return; // aborted or destroyed by hls.js meanwhile
      this.#waiting = null;
      waiting.abort();
      if (came) this.#desk.trust.came();
      if (text !== null) return this.#deliver(text, asked, context, callbacks);
      missed = !came && (records !== null || edges?.connected === true);
    }
    this.#fetch(missed, track, context, config, callbacks);
  }

  /** The playlist made of records. Once the part is known to be out its record is waited for only a moment. */
  async #make(
    track: number, msn: number, part: number, context: PlaylistLoaderContext, records: RecordSource, out: Promise<boolean>, waiting: AbortController,
  ): Promise<string | null> {
    const given = new AbortController();
    let late: ReturnType<typeof setTimeout> | undefined;
    waiting.signal.addEventListener('abort', () => given.abort(), { once: true });
    void out.then((is) => {
      if (is) late = setTimeout(() => given.abort(), RECORD_LATE_MS);
    });
    const skip = Boolean(context.deliveryDirectives?.skip);
    const text = await this.#desk.listings.reload(track, msn, part, skip, records, given.signal).catch(() => null);
    clearTimeout(late);
    return text;
  }

  #deliver(text: string, asked: number, context: PlaylistLoaderContext, callbacks: Callbacks): void {
    const now = performance.now();
    this.#made = true;
    Object.assign(this.stats.loading, { start: asked, first: now, end: now });
    this.stats.loaded = this.stats.total = text.length;
    callbacks.onSuccess({ url: context.url, data: text, code: 200 }, this.stats, context, null);
  }

  #fetch(
    missed: boolean, track: number | null, context: PlaylistLoaderContext, config: LoaderConfiguration, callbacks: Callbacks,
  ): void {
    // What the server leaves out of a playlist must be known here, or none can be made of the records that follow.
    const whole = track !== null && !this.#desk.listings.knows(track) && this.#desk.records() !== null;
    const left = [...(whole ? ['skip'] : []), ...(this.#desk.resting?.() ? ['msn', 'part'] : [])];
    const url = left.reduce((all, name) => all.replace(new RegExp(`([?&])_HLS_${name}=[^&]*&?`), '$1'), context.url);
    this.#server.load({ ...context, url: withToken(url, this.#desk.token ?? '') }, config, {
      onSuccess: (response, stats, _context, details) => {
        if (track !== null && typeof response.data === 'string') this.#desk.listings.learn(track, response.data);
        if (missed) this.#desk.trust.missed(stats.loading.first - stats.loading.start, performance.now());
        callbacks.onSuccess(response, stats, context, details);
      },
      onError: (error, _context, details, stats) => callbacks.onError(error, context, details, stats),
      onTimeout: (stats, _context, details) => callbacks.onTimeout(stats, context, details),
      onAbort: (stats, _context, details) => callbacks.onAbort?.(stats, context, details),
    });
  }

  abort(): void {
    if (!this.#stopWaiting()) {
      this.#server.abort();
      return;
    }
    this.stats.aborted = true;
    if (this.context) this.#callbacks?.onAbort?.(this.stats, this.context, null);
  }

  destroy(): void {
    this.#stopWaiting();
    this.#server.destroy();
    this.context = this.#callbacks = null;
  }

  #stopWaiting(): boolean {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.abort();
    return waiting !== null;
  }

  getCacheAge(): number | null {
    return this.#made ? null : (this.#server.getCacheAge?.() ?? null);
  }

  getResponseHeader(name: string): string | null {
    return this.#made ? null : (this.#server.getResponseHeader?.(name) ?? null);
  }
}

// hls.js's door for playlists: wait for the tracker's notice that the wanted part is out, and only then ask the server.
//
// A blocking reload holds a request open at the server. Browsers allow six connections to a host over HTTP/1.1, for all tabs
// together: two tracks in three tabs would use them up, and media would wait behind playlists.
import type {
  HlsConfig, Loader, LoaderCallbacks, LoaderConfiguration, LoaderContext, LoaderStats, PlaylistLoaderContext,
} from 'hls.js';
import { playlistTrack } from './address';
import { edgePatience, type EdgeTrust } from './patience';
import type { EdgeSource } from './swarm';

export interface PlaylistDesk {
  readonly trust: EdgeTrust;
  edges(): EdgeSource | null;
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
    const edges = this.#desk.edges();
    const track = playlistTrack(context.url);
    const msn = context.deliveryDirectives?.msn;
    let missed = false;
    if (edges?.connected && track !== null && msn !== undefined && this.#desk.trust.believed(performance.now())) {
      const waiting = new AbortController();
      this.#waiting = waiting;
      const partTarget = context.levelOrTrack?.details?.partTarget || PART_TARGET_S;
      const timer = setTimeout(() => waiting.abort(), edgePatience(partTarget));
      const out = await edges.waitFor(track, msn, context.deliveryDirectives?.part ?? -1, waiting.signal).catch(() => false);
      clearTimeout(timer);
      if (this.#waiting !== waiting) return; // aborted or destroyed by hls.js meanwhile
      this.#waiting = null;
      if (out) this.#desk.trust.came();
      missed = !out && edges.connected;
    }
    this.#fetch(missed, context, config, callbacks);
  }

  #fetch(missed: boolean, context: PlaylistLoaderContext, config: LoaderConfiguration, callbacks: Callbacks): void {
    this.#server.load(context, config, {
      onSuccess: (response, stats, _context, details) => {
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
    return this.#server.getCacheAge?.() ?? null;
  }

  getResponseHeader(name: string): string | null {
    return this.#server.getResponseHeader?.(name) ?? null;
  }
}

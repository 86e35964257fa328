// hls.js's door for media: each part and segment is first asked of the swarm, then of the server.
//
// Known mistakes of such glue, avoided here: a load that reports no progress looks stuck and is abandoned (the timings are kept
// from the start); instant bytes inflate the estimate of the line (pace.ts); stats that lie about size break the
// accounting per segment (they are the true sizes).
import type {
  FragmentLoaderContext, HlsConfig, Loader, LoaderCallbacks, LoaderConfiguration, LoaderContext, LoaderStats,
} from 'hls.js';
import { mediaAddress, withToken, type MediaAddress } from './address';
import type { ServerPace } from './pace';
import type { PartSource } from './swarm';

/** What the loader needs of the player. */
export interface MediaDesk {
  readonly pace: ServerPace;
  readonly token?: string; // the pass to a private channel
  source(): PartSource | null;
  /** How long the swarm may take now. */
  patienceMs(): number;
  /** It did not answer within that. */
  vain(): void;
  /** The player's estimate of the server's time to the first byte. */
  latencyMs(): number;
  /** The player's estimate of the line, in bytes a millisecond. */
  estimate(): number;
  /** Media bytes that came from the server. */
  fetched(bytes: number): void;
}

type Callbacks = LoaderCallbacks<FragmentLoaderContext>;
type FragmentLoader = new (config: HlsConfig) => Loader<FragmentLoaderContext>;

/** Returns the class that hls.js asks for as `fLoader`. One instance makes one load. */
export function fragmentLoader(desk: MediaDesk): FragmentLoader {
  return class extends MediaLoader {
    constructor(config: HlsConfig) {
      super(desk, config);
    }
  };
}

class MediaLoader implements Loader<FragmentLoaderContext> {
  context: FragmentLoaderContext | null = null;
  /** Shared with the loader of the server: hls.js holds on to this object before it knows who answers. */
  stats: LoaderStats;
  #desk: MediaDesk;
  #server: Loader<LoaderContext>;
  #callbacks: Callbacks | null = null;
  #asking: AbortController | null = null;
  #fetching = false;

  constructor(desk: MediaDesk, config: HlsConfig) {
    this.#desk = desk;
    this.#server = new config.loader(config);
    this.stats = this.#server.stats;
  }

  load(context: FragmentLoaderContext, config: LoaderConfiguration, callbacks: Callbacks): void {
    this.context = context;
    this.#callbacks = callbacks;
    const address = context.rangeEnd ? null : mediaAddress(context.url);
    const source = this.#desk.source();
    if (!source || !address) {
      this.#fetch(address, context, config, callbacks);
      return;
    }
    void this.#ask(source, address, context, config, callbacks);
  }

  async #ask(
    source: PartSource, address: MediaAddress, context: FragmentLoaderContext, config: LoaderConfiguration, callbacks: Callbacks,
  ): Promise<void> {
    const asking = new AbortController();
    this.#asking = asking;
    const asked = performance.now();
    this.stats.loading.start = asked;
    const timer = setTimeout(() => {
      this.#desk.vain();
      asking.abort();
    }, this.#desk.patienceMs());
    let bytes: ArrayBuffer | null = null;
    try {
      bytes = await answer(source, address, asking.signal);
    } catch {
      // A swarm that broke is a swarm that declined.
    }
    clearTimeout(timer);
    if (this.#asking !== asking) return; // aborted or destroyed by hls.js meanwhile
    this.#asking = null;
    if (!bytes || bytes.byteLength === 0) {
      this.stats.loading.start = 0; // only the server's own time shall count as the server's
      this.#fetch(address, context, config, callbacks);
      return;
    }
    this.#deliver(bytes, context, callbacks);
  }

  #deliver(bytes: ArrayBuffer, context: FragmentLoaderContext, callbacks: Callbacks): void {
    const stats = this.stats;
    const size = bytes.byteLength;
    Object.assign(stats.loading, this.#desk.pace.timings(performance.now(), size, this.#desk.latencyMs(), this.#desk.estimate()));
    stats.loaded = stats.total = size;
    callbacks.onProgress?.(stats, context, bytes, null);
    callbacks.onSuccess({ url: context.url, data: bytes, code: 200 }, stats, context, null);
  }

  #fetch(address: MediaAddress | null, context: FragmentLoaderContext, config: LoaderConfiguration, callbacks: Callbacks): void {
    this.#fetching = true;
    const over = (): void => {
      if (!this.#fetching) return;
      this.#fetching = false;
      this.#desk.fetched(this.stats.loaded); // of a broken transfer, what came of it
    };
    const url = withToken(context.url, this.#desk.token ?? '');
    this.#server.load(url === context.url ? context : { ...context, url }, config, {
      ...(callbacks.onProgress ? { onProgress: callbacks.onProgress as LoaderCallbacks<LoaderContext>['onProgress'] & {} } : {}),
      onSuccess: (response, stats, _context, details) => {
        over();
        const { first, end } = stats.loading;
        this.#desk.pace.sample(stats.loaded, end - first);
        if (address && response.data instanceof ArrayBuffer) offer(this.#desk.source(), address, response.data);
        callbacks.onSuccess(response, stats, context, details);
      },
      onError: (error, _context, details, stats) => {
        over();
        callbacks.onError(error, context, details, stats);
      },
      onTimeout: (stats, _context, details) => {
        over();
        callbacks.onTimeout(stats, context, details);
      },
      onAbort: (stats, _context, details) => {
        over();
        callbacks.onAbort?.(stats, context, details);
      },
    });
  }

  abort(): void {
    if (!this.#stopAsking()) {
      this.#server.abort();
      return;
    }
    this.stats.aborted = true; // as the server's loader would
    if (this.context) this.#callbacks?.onAbort?.(this.stats, this.context, null);
  }

  destroy(): void {
    this.#stopAsking();
    if (this.#fetching) {
      this.#fetching = false;
      this.#desk.fetched(this.stats.loaded);
    }
    this.#server.destroy();
    this.context = this.#callbacks = null;
  }

  #stopAsking(): boolean {
    const asking = this.#asking;
    this.#asking = null;
    asking?.abort();
    return asking !== null;
  }

  getCacheAge(): number | null {
    return this.#server.getCacheAge?.() ?? null;
  }

  getResponseHeader(name: string): string | null {
    return this.#server.getResponseHeader?.(name) ?? null;
  }
}

function answer(source: PartSource, address: MediaAddress, signal: AbortSignal): Promise<ArrayBuffer | null> {
  const aborted = new Promise<null>((resolve) => {
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
  const asked = address.kind === 'part' ? source.want(address.part, signal) : source.segment(address.segment, signal);
  return Promise.race([asked, aborted]);
}

function offer(source: PartSource | null, address: MediaAddress, bytes: ArrayBuffer): void {
  try {
    if (address.kind === 'part') source?.offer(address.part, bytes);
    else source?.offerSegment(address.segment, bytes);
  } catch {
    // The picture does not depend on whether others can have it too.
  }
}

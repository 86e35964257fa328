import type { FragmentLoaderContext, HlsConfig, Loader, LoaderCallbacks, LoaderConfiguration, LoaderContext } from 'hls.js';
import { expect, test, vi } from 'vitest';
import { fragmentLoader, type MediaDesk } from './fragments';
import { ServerPace } from './pace';
import type { PartName, PartSource } from './swarm';

const PART = 'https://a.example/hls/sea/3/0/p17.m4s';
const name: PartName = { epoch: 3, track: 0, seq: 17 };

function stats(): Loader<LoaderContext>['stats'] {
  const timing = (): { start: number; first: number; end: number } => ({ start: 0, first: 0, end: 0 });
  return { aborted: false, loaded: 0, retry: 0, total: 0, chunkCount: 0, bwEstimate: 0, loading: timing(), parsing: timing(), buffering: timing() };
}

/** The server's loader as hls.js has it, answering when told. */
class Server implements Loader<LoaderContext> {
  static all: Server[] = [];
  context: LoaderContext | null = null;
  stats = stats();
  callbacks: LoaderCallbacks<LoaderContext> | null = null;
  constructor() {
    Server.all.push(this);
  }
  load(context: LoaderContext, _config: LoaderConfiguration, callbacks: LoaderCallbacks<LoaderContext>): void {
    if (this.stats.loading.start) throw new Error('Loader can only be used once.');
    this.stats.loading.start = 1;
    this.context = context;
    this.callbacks = callbacks;
  }
  answer(size: number): void {
    Object.assign(this.stats, { loaded: size, total: size });
    Object.assign(this.stats.loading, { first: 10, end: 20 });
    if (this.context) this.callbacks?.onSuccess({ url: PART, data: new ArrayBuffer(size) }, this.stats, this.context, null);
  }
  abort(): void {
    this.stats.aborted = true;
    if (this.context) this.callbacks?.onAbort?.(this.stats, this.context, null);
  }
  destroy(): void {
    this.callbacks = null;
  }
}

function swarm(want: PartSource['want']): PartSource {
  return { want: vi.fn(want), segment: vi.fn(async () => null), offer: vi.fn(), offerSegment: vi.fn() };
}

function begin(source: PartSource | null, patienceMs = 1_000, url = PART) {
  Server.all = [];
  const [fetched, vain] = [vi.fn(), vi.fn()];
  const desk: MediaDesk = { pace: new ServerPace(), source: () => source, patienceMs: () => patienceMs, vain, latencyMs: () => 5, estimate: () => 1000, fetched };
  const loader = new (fragmentLoader(desk))({ loader: Server } as unknown as HlsConfig);
  const callbacks = { onSuccess: vi.fn(), onError: vi.fn(), onTimeout: vi.fn(), onAbort: vi.fn() };
  const context = { url, type: 'media-fragment', responseType: 'arraybuffer', rangeStart: 0, rangeEnd: 0 } as unknown as FragmentLoaderContext;
  loader.load(context, {} as LoaderConfiguration, callbacks);
  return { loader, callbacks, fetched, vain, server: () => Server.all[0] };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

test('without a swarm the server is asked at once', () => {
  const { server, callbacks, fetched } = begin(null);
  server()?.answer(5000);
  expect(callbacks.onSuccess).toHaveBeenCalledOnce();
  expect(fetched).toHaveBeenCalledExactlyOnceWith(5000);
});

test('what the swarm gives is delivered with its true size, and nothing is fetched', async () => {
  const source = swarm(async () => new ArrayBuffer(7000));
  const { server, callbacks, fetched, loader } = begin(source);
  await settled();
  expect(source.want).toHaveBeenCalledWith(name, expect.any(AbortSignal));
  expect(callbacks.onSuccess).toHaveBeenCalledOnce();
  expect(loader.stats).toMatchObject({ loaded: 7000, total: 7000 });
  expect(server()?.context).toBeNull();
  expect(fetched).not.toHaveBeenCalled();
});

test('a swarm that declines is followed by the server, and gets its bytes', async () => {
  const source = swarm(async () => null);
  const { server, callbacks } = begin(source);
  await settled();
  server()?.answer(5000);
  expect(callbacks.onSuccess).toHaveBeenCalledOnce();
  expect(source.offer).toHaveBeenCalledWith(name, expect.any(ArrayBuffer));
});

test.each([
  ['breaks', () => Promise.reject(new Error('broken'))],
  ['breaks at once', () => { throw new Error('broken'); }],
  ['gives nothing', async () => new ArrayBuffer(0)],
] as const)('a swarm that %s is followed by the server', async (_what, want) => {
  const { server, callbacks } = begin(swarm(want));
  await settled();
  server()?.answer(5000);
  expect(callbacks.onSuccess).toHaveBeenCalledOnce();
});

test('a swarm that never answers is followed by the server once patience ends', async () => {
  vi.useFakeTimers();
  try {
    const { server, callbacks, vain } = begin(swarm(() => new Promise(() => undefined)), 300);
    await vi.advanceTimersByTimeAsync(299);
    expect(server()?.context).toBeNull();
    expect(vain).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2);
    expect(vain).toHaveBeenCalledOnce();
    server()?.answer(5000);
    expect(callbacks.onSuccess).toHaveBeenCalledOnce();
  } finally {
    vi.useRealTimers();
  }
});

test('an aborted load tells the swarm and hls.js, and delivers nothing later', async () => {
  let signal: AbortSignal | undefined;
  let give: (bytes: ArrayBuffer) => void = () => undefined;
  const { loader, callbacks, server } = begin(swarm((_part, s) => {
    signal = s;
    return new Promise((resolve) => (give = resolve));
  }));
  loader.abort();
  expect(signal?.aborted).toBe(true);
  expect(callbacks.onAbort).toHaveBeenCalledOnce();
  give(new ArrayBuffer(9));
  await settled();
  expect(callbacks.onSuccess).not.toHaveBeenCalled();
  expect(server()?.context).toBeNull();
});

test('bytes of a transfer that was broken off are counted once', () => {
  const { loader, server, fetched } = begin(null);
  const running = server();
  if (running) running.stats.loaded = 1234;
  loader.abort();
  loader.destroy();
  expect(fetched).toHaveBeenCalledExactlyOnceWith(1234);
});

test('an init segment is none of the swarm', () => {
  const source = swarm(async () => new ArrayBuffer(1));
  const { server } = begin(source, 1_000, 'https://a.example/hls/sea/i00.mp4');
  expect(source.want).not.toHaveBeenCalled();
  expect(server()?.context).not.toBeNull();
});

import type { HlsConfig, Loader, LoaderCallbacks, LoaderConfiguration, LoaderContext, PlaylistLoaderContext } from 'hls.js';
import { expect, test, vi } from 'vitest';
import { EdgeTrust } from './patience';
import { playlistLoader } from './playlists';
import type { EdgeSource } from './swarm';

class Server implements Loader<LoaderContext> {
  static last: Server | null = null;
  context: LoaderContext | null = null;
  stats = { aborted: false, loading: { start: 0, first: 0, end: 0 } } as Loader<LoaderContext>['stats'];
  callbacks: LoaderCallbacks<LoaderContext> | null = null;
  constructor() {
    Server.last = this;
  }
  load(context: LoaderContext, _config: LoaderConfiguration, callbacks: LoaderCallbacks<LoaderContext>): void {
    this.context = context;
    this.callbacks = callbacks;
  }
  abort(): void {}
  destroy(): void {}
}

function begin(edges: EdgeSource | null, directives: { msn?: number; part?: number } | null, trust = new EdgeTrust()) {
  const loader = new (playlistLoader({ trust, edges: () => edges }))({ loader: Server } as unknown as HlsConfig);
  const callbacks = { onSuccess: vi.fn(), onError: vi.fn(), onTimeout: vi.fn(), onAbort: vi.fn() };
  const context = { url: 'https://a.example/hls/sea/1.m3u8?_HLS_msn=9', type: 'level', responseType: 'text', deliveryDirectives: directives, levelOrTrack: null };
  loader.load(context as unknown as PlaylistLoaderContext, {} as LoaderConfiguration, callbacks);
  return { loader, callbacks, trust, server: Server.last as Server };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

test('the playlist is asked for once the part is out, not before', async () => {
  let out: (is: boolean) => void = () => undefined;
  const waitFor = vi.fn(() => new Promise<boolean>((resolve) => (out = resolve)));
  const { server } = begin({ connected: true, waitFor }, { msn: 9, part: 2 });
  await settled();
  expect(waitFor).toHaveBeenCalledWith(1, 9, 2, expect.any(AbortSignal));
  expect(server.context).toBeNull();
  out(true);
  await settled();
  expect(server.context).not.toBeNull();
});

test.each([
  ['without a tracker', null, { msn: 9, part: 2 }],
  ['with a tracker that lost its connection', { connected: false, waitFor: async () => true }, { msn: 9, part: 2 }],
  ['for the first look at a playlist', { connected: true, waitFor: () => new Promise<boolean>(() => undefined) }, null],
] as const)('%s the server is asked at once', async (_what, edges, directives) => {
  const { server } = begin(edges, directives);
  await settled();
  expect(server.context).not.toBeNull();
});

test('a notice that does not come ends in an ordinary blocking reload, and costs trust only if the part was out', async () => {
  vi.useFakeTimers();
  try {
    const edges: EdgeSource = {
      connected: true,
      waitFor: (_t, _m, _p, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(false))),
    };
    const { server, trust } = begin(edges, { msn: 9, part: 2 });
    const missed = vi.spyOn(trust, 'missed');
    await vi.advanceTimersByTimeAsync(1_600);
    expect(server.context).not.toBeNull();
    server.callbacks?.onSuccess({ url: '', data: '' }, server.stats, server.context as LoaderContext, null);
    expect(missed).toHaveBeenCalledOnce();
  } finally {
    vi.useRealTimers();
  }
});

test('an aborted wait asks nobody', async () => {
  const { loader, server, callbacks } = begin({ connected: true, waitFor: () => new Promise(() => undefined) }, { msn: 9 });
  loader.abort();
  await settled();
  expect(server.context).toBeNull();
  expect(callbacks.onAbort).toHaveBeenCalledOnce();
});

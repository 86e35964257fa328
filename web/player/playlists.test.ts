import type { HlsConfig, Loader, LoaderCallbacks, LoaderConfiguration, LoaderContext, PlaylistLoaderContext } from 'hls.js';
import { expect, test, vi } from 'vitest';
import { Listings } from './listings';
import { EdgeTrust, RECORD_LATE_MS } from './patience';
import { playlistLoader } from './playlists';
import type { EdgeSource, RecordSource } from './swarm';

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

function begin(edges: EdgeSource | null, directives: { msn?: number; part?: number } | null, trust = new EdgeTrust(), records: RecordSource | null = null, listings = new Listings(), resting = false) {
  const desk = { trust, listings, resting: () => resting, edges: () => edges, records: () => records };
  const loader = new (playlistLoader(desk))({ loader: Server } as unknown as HlsConfig);
  const callbacks = { onSuccess: vi.fn(), onError: vi.fn(), onTimeout: vi.fn(), onAbort: vi.fn() };
  const context = { url: 'https://a.example/hls/sea/1.m3u8?_HLS_msn=9&_HLS_skip=YES', type: 'level', responseType: 'text', deliveryDirectives: directives, levelOrTrack: null };
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

const text = [
  '#EXTM3U', '#EXT-X-VERSION:9', '#EXT-X-TARGETDURATION:2', '#EXT-X-PART-INF:PART-TARGET=0.5', '#EXT-X-MEDIA-SEQUENCE:8', '#EXT-X-DISCONTINUITY-SEQUENCE:0',
  `#EXT-X-MAP:URI="i${'ab'.repeat(16)}.mp4"`, '#EXT-X-PROGRAM-DATE-TIME:2026-03-01T12:00:00.000Z', '#EXTINF:2,', '7/1/s8.m4s',
  '#EXT-X-PROGRAM-DATE-TIME:2026-03-01T12:00:02.000Z', '#EXT-X-PART:DURATION=0.5,URI="7/1/p4.m4s",INDEPENDENT=YES',
  '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="7/1/p5.m4s"', '',
].join('\n');

function known(): Listings {
  const listings = new Listings();
  listings.learn(1, text);
  expect(listings.knows(1)).toBe(true);
  return listings;
}

const edge: EdgeSource = { connected: true, waitFor: async () => true };
const part5 = {
  part: { epoch: 7, track: 1, seq: 5 }, msn: 9, index: 1, durationUs: 500_000, wallMs: 0, init: '', independent: false, discontinuity: false,
};

test('with the record of the part the server is not asked at all', async () => {
  const records: RecordSource = { signed: async ({ seq }) => (seq === 5 ? part5 : null) };
  const { server, callbacks } = begin(edge, { msn: 9, part: 1 }, new EdgeTrust(), records, known());
  await settled();
  expect(server.context).toBeNull();
  expect(callbacks.onSuccess).toHaveBeenCalledOnce();
  const [response] = callbacks.onSuccess.mock.calls[0] as [{ data: string }];
  expect(response.data).toContain('7/1/p5.m4s"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="7/1/p6.m4s"');
});

test('without a tracker records are enough', async () => {
  const records: RecordSource = { signed: async ({ seq }) => (seq === 5 ? part5 : null) };
  const { callbacks } = begin(null, { msn: 9, part: 1 }, new EdgeTrust(), records, known());
  await settled();
  expect(callbacks.onSuccess).toHaveBeenCalledOnce();
});

test('a part that is out and whose record does not come is asked of the server soon', async () => {
  vi.useFakeTimers();
  try {
    const records: RecordSource = {
      signed: (_part, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(null))),
    };
    const { server, trust } = begin(edge, { msn: 9, part: 1 }, new EdgeTrust(), records, known());
    const missed = vi.spyOn(trust, 'missed');
    await vi.advanceTimersByTimeAsync(RECORD_LATE_MS - 50);
    expect(server.context).toBeNull();
    await vi.advanceTimersByTimeAsync(100);
    expect(server.context).not.toBeNull();
    server.callbacks?.onSuccess({ url: '', data: '' }, server.stats, server.context as LoaderContext, null);
    expect(missed).not.toHaveBeenCalled();
  } finally {
    vi.useRealTimers();
  }
});

test('while the publisher is away nothing is waited for at the server', async () => {
  const { server } = begin(null, { msn: 9 }, new EdgeTrust(), null, new Listings(), true);
  await settled();
  expect(server.context?.url).not.toContain('_HLS_msn');
  expect(server.context?.url).toContain('_HLS_skip=YES');
});

test('the server is asked for the whole playlist while none is known to which records could be added', async () => {
  const records: RecordSource = { signed: async () => null };
  const { server } = begin(edge, { msn: 9, part: 1 }, new EdgeTrust(), records);
  await settled();
  expect(server.context?.url).not.toContain('_HLS_skip');
  expect(server.context?.url).toContain('_HLS_msn=9');
});

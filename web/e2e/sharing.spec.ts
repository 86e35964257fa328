// Three viewers who said yes carry the stream for each other: the server sends less than half, and the picture never suffers.
import { expect, test } from './harness/house';
import { throughout } from './harness/until';
import type { Viewer } from './harness/viewer';

/** The start is not measured: who comes first has nobody to ask. */
const START_MS = 10_000;
const SPAN_MS = 30_000;

test.use({ picture: { bframes: 2 } });

test('three viewers who share take at least half of the media from each other, without a stall', async ({ server, live, open }, info) => {
  const viewers = [await open('/c/fish?share=yes'), await open('/c/fish?share=yes'), await open('/c/fish?share=yes')];
  for (const viewer of viewers) await viewer.plays();
  for (const viewer of viewers) await viewer.shares(2);
  await throughout(START_MS, 1_000, async () => undefined);

  const before = await census(viewers);
  const writtenBefore = await server.mediaBytes(live.card.channel);
  const latencies: number[] = [];
  await throughout(SPAN_MS, 1_000, async () => {
    for (const viewer of viewers) latencies.push((await viewer.report()).latencyS ?? Infinity);
  });
  const after = await census(viewers);
  const written = (await server.mediaBytes(live.card.channel)) - writtenBefore;

  const fromPeers = after.peerBytes - before.peerBytes;
  const fromServer = after.httpBytes - before.httpBytes;
  const share = fromPeers / (fromPeers + fromServer);
  const said = { fromPeers, fromServer, share, written, latency: Math.max(...latencies), after };
  info.annotations.push({ type: 'figures', description: JSON.stringify(said) });
  console.log(`  from viewers ${(share * 100).toFixed(1)} %; the server wrote ${written} bytes and viewers took ${fromPeers + fromServer}; at most ${said.latency} s behind live`);

  expect(share, 'share of media that came from viewers, as they report').toBeGreaterThanOrEqual(0.5);
  expect(written / (fromPeers + fromServer), 'what the server wrote, of what was watched').toBeLessThanOrEqual(0.5);
  expect(after.stalls).toBe(0);
  expect(after.piecesRefused).toBe(0);
  expect(said.latency).toBeLessThanOrEqual(4);
  expect(after.uploadBytes).toBeGreaterThan(0);

  const figures = await server.figures();
  expect(figures.sum('shoal_pieces_verified_total')).toBeGreaterThan(0);
  expect(figures.sum('shoal_pieces_refused_total')).toBe(0);
  expect(figures.sum('shoal_viewers', { channel: 'fish' })).toBe(3);
  for (const viewer of viewers) {
    const { iceHosts } = await viewer.testimony();
    expect(iceHosts.filter((host) => host !== '127.0.0.1' && host !== 'localhost'), 'STUN and TURN of strangers').toEqual([]);
  }
});

interface Census {
  peerBytes: number;
  httpBytes: number;
  uploadBytes: number;
  stalls: number;
  piecesRefused: number;
}

async function census(viewers: readonly Viewer[]): Promise<Census> {
  const sum: Census = { peerBytes: 0, httpBytes: 0, uploadBytes: 0, stalls: 0, piecesRefused: 0 };
  for (const viewer of viewers) {
    const report = await viewer.report();
    for (const key of Object.keys(sum) as (keyof Census)[]) sum[key] += report[key];
  }
  return sum;
}

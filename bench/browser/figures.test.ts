import assert from 'node:assert/strict';
import { createServer as createHttp } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { CLOCK_BITS, readBlocks } from './clock';
import { kept, orphanTable, type Orphaned, type Stretch } from './away';
import { Counter, kindOf, noCounts, plainPlaylist, since } from './counter';
import { figuresOf, middle, quantile, skewsOf } from './figures';
import { picture } from './picture';
import { spentBetween } from './processor';
import type { Seen } from './run';
import { table } from './table';
import { engines } from './engines';
import type { Testimony } from './witness';

test('the clock is read from blocks as a codec leaves them, and void where it blurred one', () => {
  const blocks = (ms: number): number[] => Array.from({ length: CLOCK_BITS }, (_, bit) => (Math.floor(ms / 2 ** bit) % 2 ? 231 : 21));
  for (const ms of [0, 1, 40, 1_186, 2 ** 21 + 5, 2 ** CLOCK_BITS - 1]) assert.equal(readBlocks(blocks(ms)), ms);
  assert.equal(readBlocks(blocks(40).with(3, 128)), null);
});

test('each path has its class', () => {
  const paths = {
    '/hls/x/7/0/p12.m4s': 'media', '/hls/x/7/0/s12.m4s?a=1': 'media', '/hls/x/i0123.mp4': 'media', '/hls/x/0.m3u8?_HLS_msn=3': 'playlist',
    '/hls/x/7/0/m12': 'record', '/plain/x/0.m3u8': 'playlist', '/plain/x/7/0/s1.m4s': 'media', '/hls/x/7/cert': 'record', '/announce': 'tracker', '/api/v1/tracker': 'tracker', '/api/v1/channels/x/join': 'tracker',
    '/api/v1/channels/x': 'other', '/bench/player.html?settings=/hls/': 'page', '/assets/engine.wasm': 'page', '/embed/x?share=yes': 'page',
  };
  for (const [path, kind] of Object.entries(paths)) assert.equal(kindOf(path), kind, path);
});

const told: Testimony = {
  firstFrame: 900, firstFromPeer: 400, stalls: 1, stalledMs: 500, jumps: 0, samples: [], unread: 0, appended: 0, fromPeers: 0, peerTalk: 0, connections: 1, links: 1, told: true, steps: [],
};

function seen(): Seen {
  const counts = noCounts();
  counts.media = { requests: 30, bytes: 1_500_000, wire: 1_510_000 };
  counts.playlist = { requests: 30, bytes: 20_000, wire: 30_000 };
  const viewer = (age: number) => ({
    before: told,
    after: {
      ...told, stalls: 2, stalledMs: 1_000, appended: 1_000_000, fromPeers: 520_000, peerTalk: 9_000,
      samples: [{ at: 500, age: 99_000 }, { at: 1_000, age }, { at: 1_600, age: age + 10 }],
    },
  });
  return {
    engine: 'shoal', join: 'all', round: 0, seconds: 10, fromMs: 1_000, viewers: 3, withoutWebRtc: 0, rate: 100_000, counts, countsAll: counts, processorS: 2, threadsS: {}, busy: 0.5, pausedMs: 3,
    watched: [viewer(3_000), viewer(3_060), viewer(3_030)], reports: [],
  };
}

test('an ordinary playlist has whole segments only', () => {
  const low = '#EXTM3U\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n#EXT-X-PART-INF:PART-TARGET=0.5\n#EXT-X-PART:DURATION=0.5,URI="p1"\n#EXTINF:2,\ns1\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p9"\n';
  assert.equal(plainPlaylist(low), '#EXTM3U\n#EXTINF:2,\ns1\n');
});

test('the figures of a run', () => {
  const f = figuresOf(seen());
  assert.equal(f.copies, 1.5);
  assert.equal(f.offload, 0.5);
  assert.ok(Math.abs(f.ceiling - 2 / 3) < 1e-9);
  assert.equal(f.stalls, 3);
  assert.equal(f.stalledS, 1.5);
  assert.equal(f.latencyP50, 3.04); // the sample before the stretch does not count
  assert.equal(f.skewP50, 60);
  assert.ok(Math.abs(f.waste - 0.02) < 1e-9);
  assert.equal(f.requests, 120);
  assert.equal(f.processor, 4);
  assert.equal(f.blind, 0);
});

test('who has no WebRTC lowers the ceiling by a copy each, and none can be below nothing', () => {
  assert.equal(figuresOf({ ...seen(), viewers: 4, withoutWebRtc: 1 }).ceiling, 0.5);
  assert.equal(figuresOf({ ...seen(), viewers: 4, withoutWebRtc: 4 }).ceiling, 0);
});

test('moments that not every viewer saw say nothing of skew', () => {
  assert.deepEqual(skewsOf([[{ at: 0, age: 10 }, { at: 500, age: 20 }], [{ at: 510, age: 70 }]]), [50]);
  assert.deepEqual(skewsOf([[{ at: 0, age: 10 }]]), []);
});

test('of viewers who come one after the other, the first has nobody to have anything from', () => {
  const run = seen();
  const [first, ...others] = run.watched.map(({ before, after }, i) => ({ before, after: after && { ...after, firstFromPeer: i === 0 ? 9_000 : 400 } }));
  assert.ok(first);
  assert.equal(figuresOf({ ...run, join: 'each', watched: [first, ...others] }).firstPeerP95, 400);
  assert.equal(figuresOf({ ...run, watched: [first, ...others] }).firstPeerP95, 9_000);
});

test('a tracker that is away refuses or is silent, while all else passes on, and then it is back', async () => {
  const behind = createHttp((asked, answer) => answer.end(asked.headers['accept-encoding'] === 'identity' ? 'readable' : 'here'));
  await new Promise<void>((listening) => behind.listen(0, '127.0.0.1', listening));
  const { port } = behind.address() as AddressInfo;
  const counter = new Counter({ originPort: port, trackerPort: port, pages: '.' });
  const url = `http://127.0.0.1:${await counter.listen('127.0.0.1', 0)}`;
  const ask = async (path: string): Promise<string> => (await fetch(url + path, { signal: AbortSignal.timeout(500) })).text().catch(String);
  const join = '/api/v1/channels/x/join';
  assert.equal(await ask(join), 'here');
  counter.keep('refused');
  await assert.rejects(ask(join), /fetch failed/);
  assert.equal(await ask('/hls/x/0.m3u8'), 'here');
  counter.keep('silent');
  await assert.rejects(ask(join), { name: 'TimeoutError' });
  assert.equal(await ask('/hls/x/0.m3u8'), 'here');
  assert.equal(await ask('/plain/x/0.m3u8'), 'readable');
  counter.keep(null);
  assert.equal(await ask(join), 'here');
  counter.stop();
  behind.closeAllConnections();
  behind.close();
});

test('what was promised without a tracker is kept or not, and the table tells each viewer', () => {
  const stretch = (offload: number): Stretch => ({ seconds: 60, offload, copies: 1, stalls: 0 });
  const one: Orphaned = { engine: 'shoal', how: 'refused', before: stretch(0.75), without: stretch(0.74), after: stretch(0.75), linksBefore: 12, linksLeast: 12, wholeS: [1, 2.5] };
  assert.ok(kept(one));
  assert.ok(!kept({ ...one, without: stretch(0.72) }));
  assert.ok(!kept({ ...one, wholeS: [1, 3.1] }));
  assert.ok(!kept({ ...one, wholeS: [1, null] }));
  assert.match(orphanTable([{ ...one, wholeS: [1.234, null] }]), /\*\*1\.23, never\*\*/);
});

test('quantiles and middles', () => {
  assert.equal(quantile([3, 1, 2], 0.5), 2);
  assert.equal(quantile([1, 2], 1), 2);
  assert.ok(Number.isNaN(quantile([], 0.5)));
  const f = figuresOf(seen());
  assert.equal(middle([{ ...f, copies: 1 }, { ...f, copies: 2 }]).copies, 1.5);
  assert.equal(middle([{ ...f, copies: 1 }, { ...f, copies: 9 }, { ...f, copies: 2 }]).copies, 2);
});

test('what is counted between two looks, and by processes that came meanwhile', () => {
  const before = noCounts();
  const after = structuredClone(before);
  after.media.bytes = 5;
  assert.equal(since(before, after).media.bytes, 5);
  assert.equal(spentBetween(new Map([[1, 2]]), new Map([[1, 3], [7, 4]])), 5);
});

test('table and picture show every engine', () => {
  const columns = engines.slice(0, 2).map((engine) => ({ engine, runs: [figuresOf(seen())] }));
  const drawn = [table(columns), picture(columns, 3, 'x < y')];
  for (const { name } of engines.slice(0, 2)) for (const text of drawn) assert.ok(text.includes(name));
  assert.ok(!drawn[1]?.includes('NaN'));
});

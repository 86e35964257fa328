// Ordinary players that know nothing of Shoal read its HLS: ffmpeg and ffprobe for a minute, hls.js within four seconds of live, and
// GStreamer. More players, and for longer: make proof-players.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from './harness/house';
import { Program, run } from './harness/program';
import { root } from './harness/server';
import { throughout, until } from './harness/until';

const MINUTE_S = 60;
const FRAMES_A_SECOND = 25;

/** What the bare page tells of itself. */
interface Bare {
  readonly latencyS: number | null;
  readonly waits: number;
  readonly fatal: string[];
  readonly partsLoaded: number;
}

test.use({ picture: { bframes: 2 } });

test('ffmpeg and ffprobe read the HLS for a minute without an error, GStreamer plays it; plain hls.js plays it within 4 s of live', async ({ live, page }) => {
  const url = live.card.hls_url;
  const decoded = run('ffmpeg', [
    '-hide_banner', '-nostdin', '-v', 'error', '-i', url, '-t', String(MINUTE_S), '-progress', 'pipe:1', '-f', 'null', '-',
  ]);
  const probed = run('ffprobe', ['-v', 'error', '-read_intervals', `%+${MINUTE_S}`, '-show_entries', 'packet=stream_index,dts', '-of', 'csv=p=0', url]);

  const bare = await barePage(url);
  await page.goto(bare.address);
  const ask = (): Promise<Bare> => page.evaluate(() => (window as unknown as { bare(): Bare }).bare());
  await until('hls.js shows a picture', async () => (await ask()).latencyS !== null, 20_000);
  const settled = await until('hls.js is within 4 s of live', async () => {
    const now = await ask();
    return (now.latencyS ?? Infinity) <= 4 && now;
  }, 20_000);
  let latest = settled;
  let most = 0;
  await throughout(30_000, 1_000, async () => {
    latest = await ask();
    most = Math.max(most, latest.latencyS ?? Infinity);
  });
  console.log(`  plain hls.js: at most ${most.toFixed(2)} s behind live in 30 s, ${latest.waits - settled.waits} waits, ${latest.partsLoaded} parts`);
  expect(most).toBeLessThanOrEqual(4);
  expect(latest.fatal).toEqual([]);
  expect(latest.partsLoaded, 'in low-latency mode it loads parts').toBeGreaterThan(20);
  bare.close();
  await page.close();

  const gstreamer = new Program('/usr/bin/python3', [join(root, 'bench/players/gstreamer.py'), url]);
  await gstreamer.line(/"frames": \d/, 30_000);
  const began = performance.now();

  const ffmpeg = await decoded;
  expect(ffmpeg.err).toBe('');
  expect(ffmpeg.code).toBe(0);
  const frames = Number(/.*\nframe=(\d+)\n/s.exec(ffmpeg.out)?.[1] ?? 0);
  expect(frames).toBeGreaterThanOrEqual(MINUTE_S * FRAMES_A_SECOND - 1);

  await until('GStreamer has played for ten seconds', () => performance.now() - began > 10_000, 20_000);
  const played = JSON.parse(gstreamer.out.at(-1) ?? '{}') as { frames: number; errors: string[] };
  const playedS = (performance.now() - began) / 1000;
  await gstreamer.stop();
  expect(played.errors).toEqual([]);
  expect(gstreamer.err).toEqual([]);
  // Not all that there were: on a machine that is short of time it leaves some out.
  expect(played.frames).toBeGreaterThan(playedS * FRAMES_A_SECOND * 0.8);

  const ffprobe = await probed;
  expect(ffprobe.err).toBe('');
  expect(ffprobe.code).toBe(0);
  const packets = ffprobe.out.split('\n').map((line) => line.split(',').map(Number));
  for (const stream of [0, 1]) {
    const times = packets.filter(([index]) => index === stream).map(([, dts]) => dts ?? NaN);
    expect(times.length).toBeGreaterThan(MINUTE_S * FRAMES_A_SECOND * 0.9);
    const gaps = times.slice(1).filter((dts, i) => !(dts > (times[i] ?? NaN)));
    expect(gaps, `stream ${stream}: decoding times that do not grow`).toEqual([]);
  }
});

/** A page on another origin with nothing but hls.js and a video element. */
async function barePage(playlist: string): Promise<{ address: string; close: () => void }> {
  const hls = await readFile(createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js'));
  const html = `<!doctype html><video muted autoplay playsinline></video><script src="/hls.js"></script><script>
    const video = document.querySelector('video');
    const told = { waits: 0, fatal: [], partsLoaded: 0 };
    const hls = new Hls({ lowLatencyMode: true });
    hls.on(Hls.Events.ERROR, (_, data) => data.fatal && told.fatal.push(data.details));
    hls.on(Hls.Events.FRAG_LOADED, (_, data) => data.part && told.partsLoaded++);
    video.addEventListener('waiting', () => told.waits++);
    hls.loadSource(${JSON.stringify(playlist)});
    hls.attachMedia(video);
    window.bare = () => ({ ...told, latencyS: hls.playingDate ? (Date.now() - hls.playingDate.getTime()) / 1000 : null });
  </script>`;
  const server = createServer((request, response) => {
    const script = request.url === '/hls.js';
    response.setHeader('Content-Type', script ? 'text/javascript' : 'text/html');
    response.end(script ? hls : html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

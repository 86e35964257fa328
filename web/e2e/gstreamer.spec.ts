// GStreamer publishes over WHIP: another ICE agent, another packetizer, parameter sets in the offer alone. Its picture plays in a page.
import { rm } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import { expect, test } from './harness/house';
import { Program, run } from './harness/program';
import { freePort, shoal, temporary, type Card } from './harness/server';
import { until } from './harness/until';
import { Viewer } from './harness/viewer';

// Its ICE agent leaves loopback out.
const outside = Object.values(networkInterfaces()).flat().some((address) => address && !address.internal);

test('GStreamer publishes, and a page plays it', async ({ context }) => {
  test.skip(!outside, 'this machine has no network but itself');
  const dir = await temporary();
  const http = `127.0.0.1:${await freePort()}`;
  const server = new Program(shoal, ['serve', '--data', dir, '--http', http, '--rtmp', '127.0.0.1:0', '--turn', 'off', '--whip', ':0']);
  await until('the server answers', async () => (await fetch(`http://${http}/api/v1/channels`)).ok, 20_000);
  const card = JSON.parse((await run(shoal, ['channel', 'add', 'fish', '--data', dir, '--json'])).out) as Card;
  const gstreamer = new Program('/usr/bin/python3', [resolve(import.meta.dirname, 'gstreamer.py'), `http://${http}/whip/fish`, card.stream_key]);
  await gstreamer.line(/^connected$/, 20_000);

  const viewer = new Viewer(await context.newPage());
  await viewer.page.goto(`http://${http}/c/fish`);
  await viewer.plays();
  await until('picture and sound are decoded', () => viewer.page.evaluate(() => {
    const video = document.querySelector('video') as unknown as { webkitVideoDecodedByteCount: number; webkitAudioDecodedByteCount: number };
    return video.webkitVideoDecodedByteCount > 0 && video.webkitAudioDecodedByteCount > 0;
  }), 10_000);

  const ended = await gstreamer.stop();
  expect(ended.out, ended.err).toContain('ended with 200');
  await until('the server says that it stopped', () => server.err.some((line) => line.includes('publisher stopped')), 5_000);
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

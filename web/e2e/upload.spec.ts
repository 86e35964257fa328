// A video file becomes a recording: sent through the page over a line that is cut, a page that is loaded anew and a server that is
// killed, then watched. And what a server without ffmpeg says.
import type { Page } from '@playwright/test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findings } from './harness/axe';
import { expect, test } from './harness/house';
import { Line } from './harness/line';
import { run } from './harness/program';
import { root, shoal } from './harness/server';
import { until } from './harness/until';

/** A line on which a file takes long enough to be cut: 1 MB/s. */
const BYTES_PER_S = 1_000_000;

let dir = '';
test.beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'shoal-upload-'));
  // Its table of contents is at its end, as cameras write it.
  const made = await run('ffmpeg', [
    '-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=30,noise=alls=30:allf=t', '-f', 'lavfi', '-i', 'sine=440:r=48000', '-t', '16',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '4M', '-maxrate', '4M', '-bufsize', '4M', '-g', '60', '-pix_fmt', 'yuv420p', '-c:a', 'aac', join(dir, 'holiday.mp4'),
  ]);
  if (made.code !== 0) throw new Error(made.err);
});
test.afterAll(() => rm(dir, { recursive: true }));

const percent = (page: Page): Promise<number> =>
  page.getByRole('progressbar', { name: 'holiday' }).evaluate((bar) => (bar as HTMLProgressElement).value, undefined, { timeout: 2_000 }).catch(() => -1);

async function choose(page: Page, file: string): Promise<void> {
  await page.getByLabel('Video').setInputFiles(file);
  await page.getByRole('button', { name: 'Upload', exact: true }).click();
}

test('a video is sent over a line that is cut, a reload and a killed server, and is watched', async ({ server, open }) => {
  const card = await server.addChannel('fish');
  const line = await Line.open(server.url);
  const sender = await open('/upload');
  const { page } = sender;
  let begun = 0;
  page.on('request', (request) => void (request.method() === 'POST' && begun++));
  page.on('dialog', (dialog) => void dialog.accept()); // it asks before somebody leaves while it sends
  await page.goto(`${line.url}/upload#channel=fish&key=${card.stream_key}`);
  await expect(page.getByText('Nothing was uploaded lately.')).toBeVisible();
  expect(page.url(), 'the key is taken out of the address').not.toContain(card.stream_key);
  expect(sender.asked.filter((url) => /browser-/.test(url)), 'nothing of tus before a file is sent').toEqual([]);

  line.rate = BYTES_PER_S;
  await choose(page, join(dir, 'holiday.mp4'));
  await until('some is sent', async () => (await percent(page)) >= 10, 20_000);
  line.cut();
  await expect(page.getByText('The server does not answer. It is asked again')).toBeVisible({ timeout: 20_000 });
  line.mend();
  await until('it goes on by itself', async () => (await percent(page)) >= 30, 60_000);
  expect(begun, 'as the same upload').toBe(1);

  await page.reload();
  await page.getByRole('textbox', { name: 'Channel' }).fill('fish');
  await page.getByLabel('Stream key').fill(card.stream_key);
  await choose(page, join(dir, 'holiday.mp4'));
  await until('it goes on where it was', async () => (await percent(page)) >= 30, 20_000);
  await until('half is sent', async () => (await percent(page)) >= 50, 30_000);
  expect(await findings(page)).toEqual([]);

  await server.kill();
  await server.again();
  await expect(page.getByText('Ready', { exact: true })).toBeVisible({ timeout: 60_000 });
  expect(begun, 'to the end as the same upload').toBe(1);
  line.rate = Infinity;

  await page.getByRole('link', { name: 'Watch' }).click();
  await sender.plays();
  const seek = page.getByRole('slider', { name: 'Position' });
  await until('all of it is there', async () => Number(await seek.getAttribute('max')) >= 15, 10_000);
  await seek.evaluate((bar) => {
    const input = bar as HTMLInputElement;
    input.value = '10';
    input.dispatchEvent(new Event('input', { bubbles: true }));
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
  await until('it plays from there', async () => (await page.evaluate(() => document.querySelector('video')?.currentTime ?? 0)) >= 10 && (await sender.moves()), 10_000);
  await expect(page.getByText('holiday').first()).toBeVisible();
  line.close();
});

test('viewers of what was uploaded pass it on to each other', async ({ server, open }) => {
  await server.addChannel('fish');
  const file = join(dir, 'long.mp4');
  const made = await run('ffmpeg', ['-v', 'error', '-stream_loop', '5', '-i', join(root, 'cmd/shoal/demo/clip.mp4'), '-c', 'copy', file]);
  expect(made.code, made.err).toBe(0);
  const sent = await run(shoal, ['upload', file, '--channel', 'fish', '--data', server.dir, '--json']);
  expect(sent.code, sent.err).toBe(0);
  const { page } = JSON.parse(sent.out) as { page: string };

  const ahead = await open(`${page}?share=yes`);
  await ahead.plays();
  await until('it plays on for some seconds', async () => (await ahead.page.evaluate(() => document.querySelector('video')?.currentTime ?? 0)) > 6, 20_000);
  const behind = await open(`${page}?share=yes`);
  await behind.plays();
  await behind.shares(1, 40_000);
  await until('the one behind has much from the one ahead', async () => (await behind.report()).peerBytes > 300_000, 60_000);
  for (const viewer of [ahead, behind]) expect(await viewer.report()).toMatchObject({ piecesRefused: 0, engine: 'wasm' });
});

test('what is refused says why: a wrong key, and a playlist that calls itself a video', async ({ server, open }) => {
  const card = await server.addChannel('fish');
  const { page } = await open('/upload#channel=fish&key=wrong');
  await expect(page.getByText('This is not the stream key of fish.')).toBeVisible();
  await expect(page.getByText('Choose a video.'), 'what is still missing is said').toBeVisible();
  await page.getByLabel('Stream key').fill(card.stream_key);
  const file = join(dir, 'trap.mp4');
  await writeFile(file, '#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n');
  await choose(page, file);
  await expect(page.getByText('This is a playlist')).toBeVisible({ timeout: 20_000 });
});

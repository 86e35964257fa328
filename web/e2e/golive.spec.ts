// Going live from a browser: a page sends camera and microphone over WHIP, another tab watches, and every refusal says what to do.
import { chromium, type Page } from '@playwright/test';
import { expect, test } from './harness/house';
import config from './playwright.config';
import { Program } from './harness/program';
import { shoal, type Card, type Server } from './harness/server';
import { until } from './harness/until';
import type { Viewer } from './harness/viewer';

const launch = config.use?.launchOptions ?? {};
const FAKE = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
test.use({ launchOptions: { ...launch, args: [...(launch.args ?? []), ...FAKE] } });

const AIR_MS = 20_000;
/** Further than a viewer is behind live. */
const BEYOND_S = 6;
/** A server that ends says so. */
const GOODBYE_MS = 4_000;

/** Opens the devices and goes live, and returns once the page says so. */
async function goLive(page: Page, from: 'Camera' | 'Sound only' = 'Camera'): Promise<void> {
  await page.getByRole('radio', { name: from }).check();
  await page.getByRole('button', { name: from === 'Camera' ? 'Turn on camera and microphone' : 'Turn on microphone' }).click();
  if (from === 'Camera') await page.getByLabel('Size of the picture').selectOption('360');
  await page.getByRole('button', { name: 'Go live' }).click();
  await expect(page.getByRole('heading', { name: 'You are on air' })).toBeVisible({ timeout: AIR_MS });
}

/** Collects what a page says is wrong, from now on. */
async function alerts(page: Page): Promise<() => Promise<string[]>> {
  const said = await page.getByRole('alert').evaluateHandle((alert) => {
    const texts: string[] = [];
    new MutationObserver(() => alert.textContent?.trim() && texts.push(alert.textContent.trim())).observe(alert, { childList: true, subtree: true, characterData: true });
    return texts;
  });
  return () => said.jsonValue();
}

const liveAt = (card: Card, key = card.stream_key): string => `/live#channel=${card.channel}&key=${key}`;

/** Bytes that the page's picture decoded, of each kind. */
function decoded(viewer: Viewer): Promise<{ picture: number; sound: number }> {
  return viewer.page.evaluate(() => {
    const video = document.querySelector('video') as unknown as { webkitVideoDecodedByteCount: number; webkitAudioDecodedByteCount: number };
    return { picture: video.webkitVideoDecodedByteCount, sound: video.webkitAudioDecodedByteCount };
  });
}

test('a page goes live, another tab watches, others are refused, and stopping ends it', async ({ server, open, elsewhere }) => {
  const card = await server.addChannel('fish');
  const studio = await open(liveAt(card));
  await goLive(studio.page);
  expect(studio.page.url(), 'the key is taken out of the address').not.toContain(card.stream_key);
  await expect(studio.page.getByLabel('Link to watch')).toHaveValue(`${server.url}/c/fish`);
  await expect(studio.page).toHaveTitle(/On air: fish/);

  const tracks = (await server.channel('fish')).tracks;
  expect(tracks.map(({ codec }) => codec.split('.')[0])).toEqual(['avc1', 'opus']);
  const viewer = await elsewhere('/c/fish');
  await viewer.plays();
  await until('picture and sound are decoded', async () => {
    const { picture, sound } = await decoded(viewer);
    return picture > 0 && sound > 0;
  }, 10_000);
  await until('it is close to live', async () => ((await viewer.report()).latencyS ?? Infinity) <= 4.5, 20_000);
  await expect(studio.page.getByText('All is well.')).toBeVisible({ timeout: 10_000 });
  await expect(studio.page.getByText(/^\d+ kbit\/s$/)).toBeVisible();

  const second = await elsewhere(liveAt(card));
  await second.page.getByRole('button', { name: 'Turn on camera and microphone' }).click();
  await second.page.getByRole('button', { name: 'Go live' }).click();
  await expect(second.page.getByRole('alert')).toContainText('This channel is live already');
  await second.page.getByLabel('Stream key', { exact: true }).fill('wrong');
  await second.page.getByRole('button', { name: 'Go live' }).click();
  await expect(second.page.getByRole('alert')).toContainText('The stream key is not right');
  await second.page.close();

  // Key frames come often enough for segments of about 2 s.
  const playlist = await (await fetch(`${server.url}/hls/fish/0.m3u8`)).text();
  const lasting = [...playlist.matchAll(/#EXTINF:([\d.]+)/g)].map(([, seconds]) => Number(seconds)).slice(1);
  expect(Math.max(...lasting)).toBeLessThan(3);

  // Another source in the middle: players go on over a discontinuity.
  await studio.page.getByRole('radio', { name: 'Screen' }).check();
  await until('its parameters are on air', async () => /\n#EXT-X-DISCONTINUITY\n/.test(await (await fetch(`${server.url}/hls/fish/0.m3u8`)).text()), 10_000);
  const clock = (): Promise<number> => viewer.page.evaluate(() => document.querySelector('video')?.currentTime ?? 0);
  const then = await clock();
  await until('the viewer plays on, beyond it', async () => (await clock()) > then + BEYOND_S, 15_000);
  expect(await viewer.moves()).toBe(true);

  // Nobody asked to remember the key.
  expect(await studio.page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain(card.stream_key);
  await studio.page.getByRole('button', { name: 'Stop' }).click();
  await until('the server says that he stopped', () => server.log().includes('publisher stopped'), 5_000);
  await expect(studio.page.getByRole('button', { name: 'Go live' })).toBeEnabled();
});

test('a page takes over from another, which does not come back by itself; who stops finds the recording', async ({ server, open, elsewhere }) => {
  const card = await server.addChannel('fish');
  const first = await open(liveAt(card));
  await goLive(first.page, 'Sound only');
  const second = await elsewhere(liveAt(card));
  await second.page.getByRole('radio', { name: 'Sound only' }).check();
  await second.page.getByRole('button', { name: 'Turn on microphone' }).click();
  await second.page.getByRole('button', { name: 'Go live' }).click();
  const said = await alerts(first.page);
  await second.page.getByRole('button', { name: 'Take over' }).click();
  await expect(second.page.getByRole('heading', { name: 'You are on air' })).toBeVisible({ timeout: AIR_MS });
  await expect(second.page.getByRole('alert')).toHaveText('');
  const { epoch } = await server.channel('fish');
  await expect(first.page.getByRole('alert')).toContainText('Another publisher took over', { timeout: AIR_MS });
  expect((await said()).filter((text) => !text.startsWith('Another publisher took over')), 'nothing else is said on the way').toEqual([]);
  await expect(first.page.getByRole('button', { name: 'Go live' })).toBeEnabled();

  await second.page.getByRole('button', { name: 'Stop' }).click();
  const link = second.page.getByRole('link', { name: `${server.url}/c/fish/r/${epoch}` });
  await expect(link).toBeVisible();
  await expect(second.page.getByRole('link', { name: 'the page of fish' })).toHaveAttribute('href', `${server.url}/c/fish`);
  expect((await server.channel('fish')).publishing).toBe(false);
  await link.click();
  await until('it plays', async () => (await second.report()).startupMs !== null && (await second.moves()), AIR_MS);
});

test('a server that falls silent is told, and taken back when it is heard again', async ({ server, open }) => {
  const studio = await open(liveAt(await server.addChannel('fish')));
  await goLive(studio.page, 'Sound only');
  server.program.signal('SIGSTOP'); // its connections stay
  try {
    await expect(studio.page.getByRole('alert')).toContainText('Nothing comes back from the server', { timeout: AIR_MS });
    await expect(studio.page.getByRole('heading', { name: 'You are on air' })).toBeHidden();
    await expect(studio.page.getByText('All is well.')).toBeHidden();
  } finally {
    server.program.signal('SIGCONT');
  }
  await expect(studio.page.getByRole('heading', { name: 'You are on air' })).toBeVisible({ timeout: AIR_MS });
  await expect(studio.page.getByRole('alert')).toHaveText('');
});

test('the server is killed: the page says so, and goes on air by itself when it is back', async ({ server, open }) => {
  const card = await server.addChannel('fish');
  const studio = await open(liveAt(card));
  await goLive(studio.page);
  server.program.signal('SIGKILL');
  await server.program.ended;
  await expect(studio.page.getByRole('alert')).toContainText(/Nothing comes back from the server|The connection to the server broke|The server does not answer/, { timeout: AIR_MS });
  const back = again(server);
  await expect(studio.page.getByRole('heading', { name: 'You are on air' })).toBeVisible({ timeout: AIR_MS });
  await expect(studio.page.getByRole('alert')).toHaveText('');
  await back.stop(); // this one says goodbye
  await expect(studio.page.getByRole('alert')).toContainText(/The connection to the server broke|The server does not answer/, { timeout: GOODBYE_MS });
});

test.describe('a private channel', () => {
  test.use({ settings: ['--private', 'fish'] });

  test('goes on air with and without a pass, and leads to what was recorded with one', async ({ server, open }) => {
    const card = await server.addChannel('fish');
    const studio = await open(liveAt(card));
    const { page } = studio;
    await goLive(page, 'Sound only');
    await expect(page.getByText('fish is private: this link opens with a pass only')).toBeVisible();
    await page.getByRole('button', { name: 'Stop' }).click();
    await expect(page.getByText('fish is private: its recordings are on its page')).toBeVisible();

    const watch = `${server.url}/c/fish?token=${await server.pass('fish')}`;
    await page.getByRole('textbox', { name: 'Channel' }).fill(watch);
    await page.getByRole('button', { name: 'Go live' }).click();
    await expect(page.getByRole('heading', { name: 'You are on air' })).toBeVisible({ timeout: AIR_MS });
    await expect(page.getByLabel('Link to watch')).toHaveValue(watch);
    await expect(page.getByText('fish is private')).toBeHidden();
    await page.getByRole('button', { name: 'Stop' }).click();
    await expect(page.getByRole('link', { name: 'the page of fish' })).toHaveAttribute('href', watch);
    await page.getByRole('link', { name: /\/c\/fish\/r\/\d+/ }).click();
    await until('the recording plays', async () => (await studio.report()).startupMs !== null && (await studio.moves()), AIR_MS);
  });
});

/** The same server once more, on the same directory and ports. */
function again(server: Server): Program {
  return new Program(shoal, ['serve', '--data', server.dir, '--http', new URL(server.url).host, '--rtmp', `127.0.0.1:${server.rtmpPort}`, '--turn', 'off']);
}

test('sound alone goes live, and the watch page shows a plain picture', async ({ server, open }) => {
  const card = await server.addChannel('fish');
  const studio = await open(liveAt(card));
  await goLive(studio.page, 'Sound only');
  const viewer = await open('/c/fish');
  await viewer.plays();
  await expect(viewer.page.getByText('Sound only')).toBeVisible();
  await until('sound is decoded', async () => (await decoded(viewer)).sound > 0, 10_000);
  expect((await server.channel('fish')).tracks.map(({ kind }) => kind)).toEqual(['audio']);
  await studio.page.getByRole('button', { name: 'Stop' }).click();
});

test('sound alone over RTMP plays, with a plain picture', async ({ server, open }) => {
  const card = await server.addChannel('fish');
  const ffmpeg = new Program('ffmpeg', [
    '-hide_banner', '-nostdin', '-loglevel', 'warning', '-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
    '-c:a', 'aac', '-b:a', '96k', '-f', 'flv', `${card.rtmp_url}/${card.stream_key}`,
  ]);
  await until('fish is live', async () => (await server.channel('fish')).live, AIR_MS);
  const viewer = await open('/c/fish');
  await viewer.plays();
  await expect(viewer.page.getByText('Sound only')).toBeVisible();
  await until('sound is decoded', async () => (await decoded(viewer)).sound > 0, 10_000);
  await until('it plays on for seconds', async () => {
    const at = await viewer.page.evaluate(() => document.querySelector('video')?.currentTime ?? 0);
    return at > 5 && (await viewer.moves());
  }, 20_000);
  expect((await viewer.report()).stalls).toBe(0);
  await ffmpeg.stop();
});

test('refused permission, no device and an unsafe address are told in plain words', async ({ server }) => {
  for (const [flags, says] of [
    [['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream=deny'], 'The browser may not use the camera'],
    [['--use-fake-ui-for-media-stream'], 'No camera was found'],
  ] as const) {
    const browser = await chromium.launch({ ...launch, args: [...(launch.args ?? []), ...flags] });
    const page = await browser.newPage();
    await page.goto(`${server.url}/live`);
    await page.getByRole('button', { name: 'Turn on camera and microphone' }).click();
    await expect(page.getByRole('alert')).toContainText(says);
    await browser.close();
  }
  const browser = await chromium.launch({ ...launch, args: [...(launch.args ?? []), '--host-resolver-rules=MAP live.example.org 127.0.0.1'] });
  const page = await browser.newPage();
  await page.goto(server.url.replace('127.0.0.1', 'live.example.org') + '/live');
  await expect(page.getByRole('alert')).toContainText('HTTPS');
  await browser.close();
});

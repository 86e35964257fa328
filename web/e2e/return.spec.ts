// A publisher whose line breaks and who comes back within the window continues the broadcast: the page plays on by itself, as far
// behind live as before.
import { expect, test } from './harness/house';
import { publish } from './harness/publisher';
import { throughout, until } from './harness/until';

test('the publisher is killed and comes back over another protocol: the page plays on, in the same epoch, over a discontinuity', async ({ server, live, open }) => {
  const viewers = [await open('/c/fish?share=yes'), await open('/c/fish')];
  for (const viewer of viewers) await viewer.plays();
  const { epoch } = await server.channel('fish');
  let loads = 0;
  for (const viewer of viewers) viewer.page.on('load', () => loads++);

  live.publisher.signal('SIGKILL');
  for (const viewer of viewers) await until('the picture ran out', async () => !(await viewer.moves()), 15_000);
  for (const { page } of viewers) {
    await expect(page.locator('.title .badge')).toHaveText('interrupted', { timeout: 15_000 });
    await expect(page.locator('.notice')).toContainText('It goes on by itself when the streamer is back.');
    expect(await page.locator('main').innerText(), 'what is said while nothing comes').not.toMatch(/\blive\b/i);
  }
  live.publisher = await publish(server, live.card, { over: 'srt' });

  for (const viewer of viewers) {
    await until('the picture moves again', () => viewer.moves(), 15_000);
    await until('it is close to live', async () => ((await viewer.report()).latencyS ?? Infinity) <= 4, 20_000);
    await expect(viewer.page.locator('.title .badge')).toHaveText('LIVE');
  }
  await throughout(3_000, 250, async () => {
    for (const viewer of viewers) expect((await viewer.report()).latencyS, 'seconds behind live, of 3 that are meant').toBeGreaterThan(2.5);
  });
  expect(loads).toBe(0);
  expect((await server.channel('fish')).epoch).toBe(epoch);
  for (const track of [0, 1]) {
    expect(await (await fetch(`${server.url}/hls/fish/${track}.m3u8`)).text()).toContain('\n#EXT-X-DISCONTINUITY\n');
  }
});

test('who comes while the publisher is away is told so, without an error in the console, and plays when he is back', async ({ server, live, open, context }) => {
  /** Longer than the server lets a request wait for what comes next: three times two seconds. */
  const WAITED_MS = 8_000;
  const early = await open('/c/fish');
  await early.plays();
  const errors: string[] = [];
  context.on('console', (message) => message.type() === 'error' && errors.push(`${message.text()} ${message.location().url}`));
  await live.publisher.stop();
  await until('the server waits for him', async () => !(await server.channel('fish')).publishing, 10_000);
  expect((await server.channel('fish')).live).toBe(true);
  const late = await open('/c/fish');
  for (const { page } of [early, late]) await expect(page.locator('.title .badge')).toHaveText('interrupted', { timeout: 20_000 });
  await throughout(WAITED_MS, 500, async () => expect(errors).toEqual([]));
  live.publisher = await publish(server, live.card);
  for (const viewer of [early, late]) {
    await until('the picture moves', () => viewer.moves(), 15_000);
    await expect(viewer.page.locator('.title .badge')).toHaveText('LIVE');
  }
  expect(errors).toEqual([]);
});

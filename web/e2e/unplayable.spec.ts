// A stream in a codec that the browser has no decoder for: the page says which, and plays by itself when there is something that it can play.
import { Embedded } from './harness/embedded';
import { expect, test } from './harness/house';
import { openSite } from './harness/neighbour';
import { publish } from './harness/publisher';
import { until } from './harness/until';

test.use({ picture: { over: 'srt', h265: true } });

test('a browser without H.265 says so, on the page and on another site, and heals without a reload', async ({ server, live, open, context }) => {
  const viewer = await open('/c/fish');
  const { page } = viewer;
  expect(await page.evaluate(() => MediaSource.isTypeSupported('video/mp4;codecs="hvc1.1.6.L93.B0"')), 'this browser has H.265: the test needs another codec').toBe(false);
  let loads = 0;
  page.on('load', () => loads++);
  const notice = page.locator('.notice');
  await expect(notice).toContainText('This browser cannot play H.265', { timeout: 15_000 });
  await expect(notice).toContainText('plain H.264');

  const site = await openSite(server.url, 'fish');
  const guest = new Embedded(await context.newPage());
  await guest.page.goto(site.url);
  await expect.poll(async () => (await guest.report()).trouble?.code, { timeout: 15_000 }).toBe('codec');
  const { state, trouble } = await guest.report();
  expect(state).toBe('error');
  expect(trouble?.message).toContain('This browser cannot play H.265');

  await live.publisher.stop();
  await until('the server waits for the publisher', async () => !(await server.channel('fish')).publishing, 15_000);
  live.publisher = await publish(server, live.card);
  for (const one of [viewer, guest]) await one.plays();
  expect(await notice.innerText()).toBe('');
  expect((await guest.report()).trouble).toBeNull();
  expect(loads).toBe(0);
  await site.close();
});

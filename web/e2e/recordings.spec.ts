// What is past: going back in what is live, and recordings when it is over. The pictures are real, and so is the kill.
import type { Page } from '@playwright/test';
import { expect, test } from './harness/house';
import { until } from './harness/until';

const at = (page: Page): Promise<number> => page.evaluate(() => document.querySelector('video')?.currentTime ?? -1);
const seek = (page: Page) => page.getByRole('slider', { name: 'Position' });
/** Sets the seek bar as a hand does that lets go there. */
async function drag(page: Page, to: number): Promise<void> {
  await seek(page).evaluate((bar, value) => {
    const input = bar as HTMLInputElement;
    input.value = String(value);
    input.dispatchEvent(new Event('input', { bubbles: true }));
    input.dispatchEvent(new Event('change', { bubbles: true }));
  }, to);
}

test('a viewer goes back in what is live and returns; after the end the page offers the recording, and it can be sought in', async ({ server, live, open }) => {
  const viewer = await open('/c/fish');
  await viewer.plays();
  await until('there is something to go back to', async () => (await seek(viewer.page).count()) > 0, 40_000);
  await until('it is longer than live playlists', async () => Number(await seek(viewer.page).getAttribute('min')) <= -32, 40_000);

  let loads = 0;
  viewer.page.on('load', () => loads++);
  await drag(viewer.page, -30);
  await until('the picture is half a minute old', async () => ((await viewer.report()).latencyS ?? 0) > 25, 10_000);
  await viewer.plays();
  expect((await viewer.report()).latencyS).toBeLessThan(36);
  const back = viewer.page.getByRole('button', { name: 'Back to live' });
  await back.click();
  await until('it is live again', async () => ((await viewer.report()).latencyS ?? Infinity) <= 4, 15_000);
  await viewer.plays();

  await live.publisher.stop();
  await server.killAndStart();
  const offer = viewer.page.getByRole('link', { name: 'Watch the recording' });
  await expect(offer).toBeVisible({ timeout: 20_000 });
  expect(loads, 'the page was not loaded anew').toBe(0);

  await offer.click();
  await viewer.plays();
  expect(new URL(viewer.page.url()).pathname).toMatch(/^\/c\/fish\/r\/\d+$/);
  const length = Number(await seek(viewer.page).getAttribute('max'));
  expect(length).toBeGreaterThan(32);
  await drag(viewer.page, 20);
  await until('it plays from there', async () => (await at(viewer.page)) >= 20 && (await at(viewer.page)) < 26 && (await viewer.moves()), 10_000);
  await viewer.page.keyboard.press('ArrowLeft');
  await until('the key goes back', async () => (await at(viewer.page)) < 20, 5_000);
  await drag(viewer.page, length);
  await until('it ends', () => viewer.page.evaluate(() => document.querySelector('video')?.ended), 20_000);
  expect((await viewer.report()).stalls).toBe(0);
});

test('who watches what is past when the broadcast ends sees it to its end', async ({ server, live, open }) => {
  const viewer = await open('/c/fish');
  await viewer.plays();
  await until('there is something to go back to', async () => Number(await seek(viewer.page).getAttribute('min').catch(() => 0)) <= -34, 60_000);
  await drag(viewer.page, -33);
  await until('the picture is half a minute old', async () => ((await viewer.report()).latencyS ?? 0) > 25, 10_000);
  await live.publisher.stop();
  await server.killAndStart();
  await expect(viewer.page.getByText('recording', { exact: true })).toBeVisible({ timeout: 20_000 });
  await viewer.plays();
  await until('it ends', () => viewer.page.evaluate(() => document.querySelector('video')?.ended), 45_000);
});

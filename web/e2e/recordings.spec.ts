// What is past: going back in what is live, clips, and recordings when it is over. The pictures are real, and so is the kill.
import type { Page } from '@playwright/test';
import { expect, test } from './harness/house';
import { throughout, until } from './harness/until';

const at = (page: Page): Promise<number> => page.evaluate(() => document.querySelector('video')?.currentTime ?? -1);
const ended = (page: Page): Promise<boolean> => page.evaluate(() => document.querySelector('video')?.ended ?? false);
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

test('viewers go back in what is live, return and clip it; after the end the page offers the recording, in which they can seek', async ({ server, live, open }) => {
  const stays = await open('/c/fish');
  const rewinds = await open('/c/fish');
  for (const viewer of [stays, rewinds]) await viewer.plays();
  const { page } = rewinds;
  await until('there is more to go back to than live playlists name', async () => Number(await seek(page).getAttribute('min').catch(() => 0)) <= -32, 60_000);

  let loads = 0;
  for (const viewer of [stays, rewinds]) viewer.page.on('load', () => loads++);
  const goBack = async (toS: number): Promise<void> => {
    await drag(page, toS);
    await until('the picture is so old', async () => Math.abs(((await rewinds.report()).latencyS ?? 0) + toS) < 6, 10_000);
    await rewinds.plays();
    await throughout(3_000, 500, async () => expect(Math.abs(((await rewinds.report()).latencyS ?? 0) + toS), 'it stays where it was put').toBeLessThan(6));
  };
  await goBack(-16); // what live playlists still name
  await page.mouse.move(300, 200); // the controls leave by themselves
  await page.mouse.move(320, 210);
  await page.getByRole('button', { name: 'Back to live' }).click();
  await until('it is live again', async () => ((await rewinds.report()).latencyS ?? Infinity) <= 4, 15_000);
  await page.getByRole('button', { name: 'Clip the last 30 s' }).click();
  const clip = await page.getByRole('link', { name: '/clip/' }).getAttribute('href', { timeout: 10_000 });
  await goBack(-30);
  await page.getByRole('button', { name: 'Clip the last 30 s' }).click();
  await until('what is seen is clipped, and not what is live', async () => {
    const clips = await fetch(`${server.url}/api/v1/channels/fish/clips`).then((answer) => answer.json() as Promise<{ ended: string }[]>);
    return clips.length === 2 && clips.some(({ ended: when }) => Date.now() - Date.parse(when) > 20_000);
  }, 10_000);

  await live.publisher.stop();
  await server.kill();
  await server.again();
  await expect(page.getByText('recording', { exact: true }), 'who was in the past stays there').toBeVisible({ timeout: 20_000 });
  await until('it plays on', () => rewinds.moves(), 10_000);
  const offer = stays.page.getByRole('link', { name: 'Watch the recording' });
  await expect(offer).toBeVisible({ timeout: 20_000 });
  expect(loads, 'no page was loaded anew').toBe(0);

  await offer.click();
  await stays.plays();
  expect(new URL(stays.page.url()).pathname).toMatch(/^\/c\/fish\/r\/\d+$/);
  const length = Number(await seek(stays.page).getAttribute('max'));
  expect(length).toBeGreaterThan(32);
  await drag(stays.page, 20);
  await until('it plays from there', async () => (await at(stays.page)) >= 20 && (await at(stays.page)) < 26 && (await stays.moves()), 10_000);
  await stays.page.keyboard.press('ArrowLeft');
  await until('the key goes back', async () => (await at(stays.page)) < 20, 5_000);
  await drag(stays.page, Math.floor(length));
  await until('it ends', () => ended(stays.page), 20_000);
  expect((await stays.report()).stalls).toBe(0);

  await stays.page.route('**/api/v1/channels/fish', (route) => route.abort(), { times: 1 }); // the server is away for a moment
  await stays.page.goto(server.url + clip);
  await stays.plays();
  expect(Number(await seek(stays.page).getAttribute('max'))).toBeGreaterThan(29);
  const listed = stays.page.getByRole('region', { name: 'Recordings' }).getByRole('link');
  await expect(listed).toHaveCount(1);
  await expect(listed, 'the clip plays, not the recording').not.toContainText('playing');
});

test('a clip is as long as the viewer chooses; the page of one with a title has it, and says what its channel does', async ({ server, live, open }) => {
  const viewer = await open('/c/fish');
  await viewer.plays();
  const { page } = viewer;
  await page.getByLabel('Length of the clip, up to 5 min').selectOption({ label: '15 s' });
  await expect(page.getByRole('button', { name: 'Clip the last 15 s' })).toBeVisible();
  let address = '';
  await until('there is something to clip', async () => {
    const made = await fetch(`${server.url}/api/v1/channels/fish/clips`, { method: 'POST', body: JSON.stringify({ last_s: 5, title: 'The jump' }) });
    if (made.ok) address = ((await made.json()) as { page: string }).page;
    return made.ok;
  }, 20_000);
  await page.goto(server.url + address);
  await viewer.plays();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The jump');
  await expect(page).toHaveTitle('The jump · Shoal');
  await expect(page.getByRole('link', { name: 'fish is live now' })).toHaveAttribute('href', '/c/fish');
  await live.publisher.stop();
  await expect(page.getByRole('link', { name: 'fish is interrupted' })).toBeVisible({ timeout: 40_000 });
});

test('the list of recordings fits a phone, with long titles and rungs that are being made', async ({ server, open }) => {
  await server.addChannel('fish');
  const { page } = await open('/c/fish');
  await page.setViewportSize({ width: 390, height: 844 });
  const one = { started: '2026-11-22T19:27:09Z', ended: '2026-11-22T20:39:13Z', lasts_s: 4324, bytes: 1, live: false, chapters: [], hls: '/hls/fish/1/master.m3u8', rungs_making: 0.88 };
  await page.route('**/api/v1/channels/fish/recordings*', (route) => route.fulfill({
    json: [{ ...one, epoch: 2, page: '/c/fish/r/2', title: 'a'.repeat(80) }, { ...one, epoch: 1, page: '/c/fish/r/1', poster: '/favicon.svg' }],
  }));
  await page.reload();
  await expect(page.getByText('smaller qualities: 88 % made')).toHaveCount(2);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

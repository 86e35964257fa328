// The seek bar's storyboard, chapters and posters: of what is live, and of its recording. The pictures are real: a red one that
// turns blue, so that a tile can be told from another.
import type { Page } from '@playwright/test';
import { expect, test } from './harness/house';
import { openSite } from './harness/neighbour';
import { Program } from './harness/program';
import { Server, type Card } from './harness/server';
import { until } from './harness/until';

const RED_S = 12;

/** Publishes a red picture for some seconds, and then a blue one. */
function publish(card: Card, redS: number): Program {
  const red = redS > 0 ? `color=c=red:s=256x144:r=25:d=${redS}[a];color=c=blue:s=256x144:r=25[b];[a][b]concat=n=2:v=1` : 'color=c=blue:s=256x144:r=25';
  return new Program('ffmpeg', [
    '-hide_banner', '-nostdin', '-loglevel', 'warning', '-re', '-f', 'lavfi', '-i', red, '-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-threads', '1', '-g', '50', '-pix_fmt', 'yuv420p', '-c:a', 'aac',
    '-f', 'flv', `${card.rtmp_url}/${card.stream_key}`,
  ]);
}

const seek = (page: Page) => page.getByRole('slider', { name: 'Position' });

/** The colour in the middle of the tile that is shown, '' if none is. */
const colour = (page: Page): Promise<string> => page.evaluate(async () => {
  const tile = document.querySelector<HTMLElement>('.tile');
  const sheet = tile && /url\("(.+)"\)/.exec(tile.style.backgroundImage)?.[1];
  if (!tile || !sheet) return '';
  const image = new Image();
  image.src = sheet;
  await image.decode();
  const paper = new OffscreenCanvas(1, 1).getContext('2d');
  const [x = 0, y = 0] = tile.style.backgroundPosition.split(' ').map((side) => -parseFloat(side));
  paper?.drawImage(image, x + tile.offsetWidth / 2, y + tile.offsetHeight / 2, 1, 1, 0, 0, 1, 1);
  const [red = 0, , blue = 0] = paper?.getImageData(0, 0, 1, 1).data ?? [];
  return red > 180 && blue < 70 ? 'red' : blue > 180 && red < 70 ? 'blue' : `${red}, ${blue}`;
});

/** Lets the mouse stand over a place of the bar, and says what it shows. */
async function over(page: Page, place: (from: number, to: number) => number): Promise<string> {
  const box = await seek(page).boundingBox();
  const [from, to] = [Number(await seek(page).getAttribute('min')), Number(await seek(page).getAttribute('max'))];
  if (!box) throw new Error('there is no bar');
  const share = (place(from, to) - from) / (to - from);
  await page.mouse.move(box.x + 8 + share * (box.width - 16), box.y + box.height / 2);
  await page.mouse.move(box.x + 8 + share * (box.width - 16) + 1, box.y + box.height / 2);
  return colour(page);
}

test('the seek bar shows what is where, live and recorded; a break is a chapter; lists and links have a picture', async ({ server, open, page }) => {
  const bare = await Server.start([], 'off', { PATH: '/nowhere' }); // without ffmpeg; it is looked at when its bar is there
  const bareChannel = await bare.addChannel('fish');
  const barePublisher = publish(bareChannel, 0);
  const card = await server.addChannel('fish');
  let publisher = publish(card, RED_S);
  const began = Date.now();
  await until('it is live', async () => (await server.channel('fish')).live, 20_000);
  const viewer = await open('/c/fish');
  await viewer.plays();
  const live = viewer.page;

  const height = await live.evaluate(() => document.querySelector('.frame')?.getBoundingClientRect().height);
  await until('the live storyboard knows both pictures', async () => {
    await live.mouse.move(300, 200 + (Date.now() % 9)); // the controls stay
    if (Date.now() - began < (RED_S + 12) * 1000 || (await seek(live).count()) === 0) return false;
    return (await over(live, (from) => from + 1)) === 'red' && (await over(live, (_, to) => to - 0.5)) === 'blue';
  }, 60_000);
  expect(await live.evaluate(() => document.querySelector('.frame')?.getBoundingClientRect().height), 'nothing moved').toBe(height);
  expect(await live.locator('.look').getAttribute('aria-hidden')).toBe('true');

  const site = await openSite(server.url, 'fish', {
    'waits.html': `<!doctype html><html lang="en"><title>x</title><script type="module" src="${server.url}/shoal-player.js"></script>
      <shoal-player channel="${server.url}/c/fish" autoplay="off"></shoal-player></html>`,
  });
  await page.goto(`${site.url}/waits.html`);
  await expect(page.getByRole('button', { name: 'Play fish' })).toBeVisible();
  await expect(page.locator('video'), 'on another site, too').toHaveAttribute('poster', new RegExp(`^${server.url}/hls/fish/poster.jpg`));
  await site.close();

  const failed: string[] = [];
  page.on('response', (response) => response.status() >= 400 && failed.push(response.url()));
  await page.goto(`${bare.url}/c/fish`);
  await until('without ffmpeg there is a bar, too', async () => (await seek(page).count()) > 0, 30_000);
  await page.mouse.move(300, 200);
  expect(await over(page, (from) => from + 2)).toBe('');
  await expect(page.locator('.look')).toContainText('-0:');
  await page.goto(bare.url);
  await expect(page.getByRole('link', { name: 'fish' })).toBeVisible();
  expect(await page.locator('li img').count(), 'and no picture that is broken').toBe(0);
  expect(failed).toEqual([]);
  await barePublisher.stop();
  await bare.stop();

  await page.goto(server.url);
  const poster = page.getByRole('img', { name: 'Live picture of fish' });
  await expect(poster).toBeVisible();
  expect(await poster.evaluate((image: HTMLImageElement) => [image.loading, image.naturalWidth > 300, image.width])).toEqual(['lazy', true, 128]);

  await publisher.stop();
  publisher = publish(card, 0); // the encoder comes back
  await until('it is a chapter', async () => {
    const [recording] = (await (await fetch(`${server.url}/api/v1/channels/fish/recordings`)).json()) as { chapters: unknown[]; lasts_s: number }[];
    return recording?.chapters.length === 2 && recording.lasts_s > RED_S + 14;
  }, 40_000);
  await publisher.stop();
  await server.kill();
  await server.again();

  interface Kept { page: string; poster?: string; storyboard?: string; chapters_track?: string; lasts_s: number; chapters: { at_s: number }[] }
  const kept = await until('the recording has stills', async () => {
    const [recording] = (await (await fetch(`${server.url}/api/v1/channels/fish/recordings`)).json()) as Kept[];
    return recording?.poster ? recording : undefined;
  }, 40_000);
  await page.goto(server.url + kept.page);
  await until('it plays', () => page.evaluate(() => (document.querySelector('video')?.currentTime ?? 0) > 0.5), 20_000);
  await page.mouse.move(300, 200);
  await until('a tile of the beginning is red', async () => (await over(page, () => 3)) === 'red', 10_000);
  expect(await over(page, () => RED_S + 8)).toBe('blue');
  await page.mouse.move(300, 200);
  await seek(page).evaluate((bar: HTMLInputElement, to) => { // as a finger does that has not let go
    bar.value = String(to);
    bar.dispatchEvent(new Event('input', { bubbles: true }));
  }, 4);
  expect(await colour(page)).toBe('red');
  await seek(page).dispatchEvent('change');
  const second = kept.chapters[1]?.at_s ?? 0;
  await over(page, (_, to) => (second + to) / 2);
  await expect(page.locator('.look')).toContainText('Chapter 2');
  await expect(page.locator('.chapter')).toHaveCount(1);

  await page.mouse.move(20, 700);
  await page.getByRole('button', { name: 'Chapter 2' }).focus();
  await page.keyboard.press('Enter');
  await until('it plays from the chapter on', () => page.evaluate((at) => Math.abs((document.querySelector('video')?.currentTime ?? 0) - at) < 3, second), 10_000);
  await expect(page.getByRole('button', { name: 'Chapter 2' })).toHaveAttribute('aria-current', 'true');
  await seek(page).focus();
  await page.keyboard.press('ArrowLeft');
  await until('a key shows where it goes', async () => (await colour(page)) === 'blue', 1_400);
  await expect(page.locator('.tile'), 'and not for long').toHaveCount(0);
  await page.getByRole('button', { name: 'Pause' }).focus();
  await page.keyboard.press('ArrowLeft');
  await until('a key of the player, too', async () => (await colour(page)) === 'blue', 1_400);

  await expect(page.getByRole('img', { name: 'From this recording' })).toHaveJSProperty('width', 112);
  const chapters = await (await fetch(`${server.url}${kept.chapters_track}`)).text();
  expect(chapters.match(/-->/g)).toHaveLength(2);
  const link = await (await fetch(server.url + kept.page)).text();
  const image = /property="og:image" content="([^"]+)"/.exec(link)?.[1] ?? '';
  const answer = await fetch(image.replace(/^http:\/\/[^/]+/, server.url));
  expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([200, 'image/jpeg', 'public, max-age=3600, immutable']);
});

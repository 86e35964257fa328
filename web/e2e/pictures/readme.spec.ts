// docs/images/watch.png and watch-phone.png: the demo in one tab, seen from another that shares with it.
import { join } from 'node:path';
import { expect, test } from '../harness/demo';
import { root } from '../harness/server';
import { Viewer } from '../harness/viewer';

// The first is as high as it takes to show the shoal below the picture.
const sizes = { watch: { width: 1280, height: 1180 }, 'watch-phone': { width: 390, height: 844 } };

/** Enough media from viewers that the numbers on the page have settled. */
const SHARED_BYTES = 1_500_000;

for (const [name, viewport] of Object.entries(sizes)) {
  test(`${name}.png`, async ({ demo, browser }) => {
    const context = await browser.newContext({ colorScheme: 'dark', deviceScaleFactor: name === 'watch' ? 1 : 2, reducedMotion: 'reduce' });
    for (let i = 0; i < 3; i++) {
      const other = new Viewer(await context.newPage());
      await other.page.goto(`${demo}?share=yes`);
      await other.plays();
    }
    const viewer = new Viewer(await context.newPage());
    await viewer.page.setViewportSize(viewport);
    await viewer.page.goto(`${demo}?share=yes`);
    await viewer.shares(3);
    await expect.poll(async () => (await viewer.report()).peerBytes, { timeout: 60_000 }).toBeGreaterThan(SHARED_BYTES);
    await viewer.page.mouse.move(viewport.width - 1, viewport.height - 1);
    await viewer.page.screenshot({ path: join(root, 'docs/images', `${name}.png`) });
    await context.close();
  });
}

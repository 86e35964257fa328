// docs/images/settings.png and settings-phone.png: a channel's settings, one of them just changed.
import { join } from 'node:path';
import { expect, test } from '../harness/house';
import { root } from '../harness/server';

const sizes = { settings: { width: 1280, height: 1000 }, 'settings-phone': { width: 390, height: 844 } };

test.use({ ladder: 'auto', settings: ['--download', 'on'] });

for (const [name, viewport] of Object.entries(sizes)) {
  test(`${name}.png`, async ({ server, browser }) => {
    const card = await server.addChannel('mychannel');
    const context = await browser.newContext({ viewport, colorScheme: 'dark', deviceScaleFactor: name === 'settings' ? 1 : 2, reducedMotion: 'reduce' });
    const page = await context.newPage();
    await page.goto(`${server.url}/settings#channel=mychannel&key=${card.stream_key}`);
    await page.getByLabel('Viewers can go back').fill('5');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('Saved.')).toBeVisible();
    await page.screenshot({ path: join(root, 'docs/images', `${name}.png`), fullPage: true });
    await context.close();
  });
}

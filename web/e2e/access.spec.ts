// Pages that everybody can use: no serious finding of axe, in both colour schemes, and a player that obeys the keyboard.
import { findings } from './harness/axe';
import { expect, test } from './harness/house';

test('no page has a serious accessibility finding', async ({ live, open }) => {
  expect(live.card.channel).toBe('fish');
  for (const path of ['/', '/c/fish?share=yes', '/embed/fish', '/c/nobody', '/live', '/upload']) {
    const viewer = await open(path);
    if (path.includes('fish')) await viewer.plays();
    else await viewer.page.waitForLoadState('networkidle');
    for (const colorScheme of ['dark', 'light'] as const) {
      await viewer.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' }); // colours that are still changing are nobody's choice
      expect(await findings(viewer.page), `${path} in ${colorScheme}`).toEqual([]);
    }
    await viewer.page.close();
  }
});

test('the keyboard does what the mouse does', async ({ live, open }) => {
  expect(live.card.channel).toBe('fish');
  const viewer = await open('/c/fish');
  await viewer.plays();
  const paused = (): Promise<boolean | undefined> => viewer.page.evaluate(() => document.querySelector('video')?.paused);

  await viewer.page.keyboard.press('Space');
  await expect.poll(paused).toBe(true);
  await viewer.page.keyboard.press('Space');
  await expect.poll(paused).toBe(false);
  await viewer.page.keyboard.press('m');
  await expect.poll(() => viewer.page.evaluate(() => document.querySelector('video')?.muted)).toBe(true);

  // The sharing card: reached and changed without a mouse.
  const share = viewer.page.getByRole('radio', { name: 'Share with other viewers' });
  await viewer.page.getByRole('radio', { name: 'Watch only from the server' }).focus();
  await viewer.page.keyboard.press('ArrowDown');
  await expect(share).toBeFocused();
  expect((await viewer.report()).consent, 'to look at the other answer is not to give it').toBe('unset');
  await viewer.page.keyboard.press('Space');
  await expect(share).toBeChecked();
  expect((await viewer.report()).consent).toBe('yes');

  // Every control can be reached, and says what it is.
  await viewer.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  const reached = new Set<string>();
  for (let i = 0; i < 30; i++) {
    await viewer.page.keyboard.press('Tab');
    reached.add(await viewer.page.evaluate(() => {
      const at = document.activeElement;
      return at?.getAttribute('aria-label') ?? at?.textContent?.trim() ?? '';
    }));
  }
  expect([...reached].join('\n')).toMatch(/Pause/);
  expect([...reached].join('\n')).toMatch(/Full screen/);
});

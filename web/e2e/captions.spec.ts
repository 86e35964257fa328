// Captions inside the picture: a button shows them in time, the viewer's choice is remembered, and they stay when the quality changes.
import { findings } from './harness/axe';
import { expect, test } from './harness/house';
import { publish } from './harness/publisher';
import { throughout, until } from './harness/until';
import type { Viewer } from './harness/viewer';

const WORDS = 'The tide comes in';
const SHOWN_MS = 20_000;
const SPAN_MS = 6_000;
const LOOK_MS = 200;

test.use({ picture: { captions: WORDS, size: '426x240' }, ladder: '144p@250' });

/** What stands over the picture now; null while no captions are shown. */
function reads(viewer: Viewer): Promise<string | null> {
  return viewer.page.evaluate(() => {
    const shown = [...(document.querySelector('video')?.textTracks ?? [])].find(({ mode }) => mode === 'showing');
    return shown ? [...(shown.activeCues ?? [])].map((cue) => (cue as VTTCue).text).join('|') : null;
  });
}

test('captions are shown while they are said, by mouse and by keyboard, and the choice is remembered', async ({ live, open }) => {
  const path = `/c/${live.card.channel}`;
  const viewer = await open(path);
  await viewer.plays();
  const button = viewer.page.getByRole('button', { name: 'Captions' });
  await expect(button).toHaveAttribute('aria-pressed', 'false');
  expect(await reads(viewer)).toBeNull();

  await viewer.page.keyboard.press('c');
  await expect(button).toHaveAttribute('aria-pressed', 'true');
  await until('the caption is read', async () => (await reads(viewer)) === WORDS, SHOWN_MS);
  const before = (await viewer.report()).stalls;
  let looks = 0;
  let seen = 0;
  await throughout(SPAN_MS, LOOK_MS, async () => {
    const text = await reads(viewer);
    looks++;
    if (text === WORDS) seen++;
    else expect(text, 'nothing else is read').toBe('');
  });
  console.log(`  the caption was there at ${seen} of ${looks} looks`);
  expect(seen, 'it stands all the time: each caption stays until the next').toBeGreaterThan(0.9 * looks);
  expect((await viewer.report()).stalls).toBe(before);
  expect(await findings(viewer.page)).toEqual([]);

  await viewer.page.getByLabel('Quality').selectOption({ label: '144p' });
  await until('the smaller picture', () => viewer.page.evaluate(() => document.querySelector('video')?.videoHeight === 144), SHOWN_MS);
  await until('its caption is read', async () => (await reads(viewer)) === WORDS, SHOWN_MS);

  await viewer.page.reload();
  await viewer.plays();
  await until('the choice is remembered', async () => (await reads(viewer)) === WORDS, SHOWN_MS);
  await button.focus();
  await viewer.page.keyboard.press('Enter');
  await expect(button).toHaveAttribute('aria-pressed', 'false');
  expect(await reads(viewer)).toBeNull();
});

test('where there are none there is no button', async ({ server, open }) => {
  const card = await server.addChannel('mute');
  const publisher = await publish(server, card);
  const viewer = await open(`/c/${card.channel}`);
  await viewer.plays();
  await expect(viewer.page.getByRole('button', { name: 'Full screen' })).toBeAttached();
  await expect(viewer.page.getByRole('button', { name: 'Captions' })).toHaveCount(0);
  await publisher.stop();
});

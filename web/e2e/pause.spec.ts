// Pause means pause: the picture stands still however far live runs on, and goes on when it is told to.
import { expect, test } from './harness/house';
import { throughout, until } from './harness/until';

/** Longer than live may run ahead of a picture that plays. */
const PAUSE_MS = 14_000;

test('a paused picture stands still, and plays on at the live edge', async ({ live, open }) => {
  expect(live.card.channel).toBe('fish');
  const viewer = await open('/c/fish');
  await viewer.plays();
  const at = (): Promise<number> => viewer.page.evaluate(() => document.querySelector('video')?.currentTime ?? NaN);

  await viewer.page.keyboard.press('k');
  await until('it is paused', async () => !(await viewer.moves()), 5_000);
  const stood = await at();
  await throughout(PAUSE_MS, 1_000, async () => expect(await at()).toBeCloseTo(stood, 1));

  await viewer.page.keyboard.press('k');
  await until('the picture moves again', () => viewer.moves(), 5_000);
  await until('it is close to live', async () => ((await viewer.report()).latencyS ?? Infinity) <= 4, 20_000);
});

// The first minute: one command prints one link, the page behind it plays, and a second tab shares with the first.
import { expect, test } from './harness/demo';
import { throughout } from './harness/until';
import { buffered, Viewer } from './harness/viewer';

/** The clip ends and begins anew this often; two tabs are watched for longer. */
const CLIP_S = 16;
/** A hole in the buffer that is smaller cannot be heard or seen. */
const HOLE_S = 0.05;

test('the demo plays with sound, a second tab shares with the first, and the clip has no seam', async ({ demo, context }) => {
  const first = new Viewer(await context.newPage());
  await first.page.goto(demo);
  await first.plays();
  await first.page.getByRole('radio', { name: 'Share with other viewers' }).check();
  const second = new Viewer(await context.newPage());
  await second.page.goto(demo);
  await second.plays();
  for (const tab of [first, second]) {
    await expect(tab.page.getByText('You share with 1 viewer', { exact: false })).toBeVisible({ timeout: 20_000 });
    await expect(tab.page.getByText('shared by 1 viewer').first()).toBeVisible({ timeout: 20_000 });
  }

  await throughout((CLIP_S + 4) * 1_000, 500, async () => {
    for (const tab of [first, second]) {
      expect((await tab.report()).stalls).toBe(0);
      const ranges = await buffered(tab.page);
      const holes = ranges.slice(1).map(([start], i) => start - (ranges[i]?.[1] ?? 0)).filter((hole) => hole > HOLE_S);
      expect(holes).toEqual([]);
    }
  });
  for (const tab of [first, second]) {
    const sound = await tab.page.evaluate(() => (document.querySelector('video') as unknown as { webkitAudioDecodedByteCount: number }).webkitAudioDecodedByteCount);
    expect(sound).toBeGreaterThan(0);
    expect(await tab.report()).toMatchObject({ engine: 'wasm', piecesRefused: 0 });
    expect((await tab.report()).latencyS).toBeLessThanOrEqual(4);
  }
});

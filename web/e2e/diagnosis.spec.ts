// A viewer who needs help copies a diagnosis: a text that can be read, a tape that replays, and no address in either.
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { expect, test } from './harness/house';
import { run } from './harness/program';
import { shoal } from './harness/server';
import { until } from './harness/until';

test('the diagnosis of a viewer who shares is copied as text and saved as a tape that replays', async ({ live, open, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const other = await open(`/c/${live.card.channel}?share=yes`);
  await other.plays();
  const viewer = await open(`/c/${live.card.channel}?share=yes`);
  await viewer.shares(1);
  await until('pieces come from the other', async () => (await viewer.report()).peerBytes > 100_000, 30_000);

  const { page } = viewer;
  await page.bringToFront();
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Copy diagnosis' }).click();
  const saved = await saving;
  const name = saved.suggestedFilename();
  expect(name).toMatch(/^shoal-fish-\d{8}-\d{6}\.tape$/);
  await expect(page.getByRole('status').filter({ hasText: 'Copied' })).toContainText(name);

  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(text).toContain('Shoal diagnosis: channel fish');
  expect(text).toMatch(/sharing: on, consent yes, engine wasm; connections: 1, viewers: 2, tracker connected/);
  expect(text).toContain(`bin/shoal sim --replay ${name}`);

  const tape = await saved.path();
  const replayed = await run(shoal, ['sim', '--replay', tape]);
  expect(replayed.err).toBe('');
  expect(replayed.code).toBe(0);
  expect(replayed.out).toContain('0 rules broken');
  const counted = (what: string): number => Number(new RegExp(`(\\d+) ${what}\\n`).exec(replayed.out)?.[1] ?? 0);
  expect(counted('Arrived'), 'pieces on the tape').toBeGreaterThan(10);
  expect(counted('Play'), 'parts that the engine of the replay would have played').toBeGreaterThan(0);

  const recorded = (await readFile(tape)).toString('latin1');
  const own = Object.values(networkInterfaces()).flatMap((at) => at?.map(({ address }) => address) ?? []);
  for (const address of [...own, 'localhost', '.local', 'candidate', new URL(page.url()).port]) {
    expect(recorded.includes(address), `${address} on the tape`).toBe(false);
    if (address !== 'candidate') expect(text.replace(/^browser: .*$/m, '').includes(address), `${address} in the text`).toBe(false);
  }
});

test('who has not shared gets a text, and is told why there is no tape', async ({ live, open, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const viewer = await open(`/c/${live.card.channel}`);
  await viewer.plays();
  await viewer.page.getByRole('button', { name: 'Copy diagnosis' }).click();
  await expect(viewer.page.getByRole('status').filter({ hasText: 'Copied' })).toBeVisible();
  const text = await viewer.page.evaluate(() => navigator.clipboard.readText());
  expect(text).toContain('tape: none, sharing was not on');
  expect(text).toMatch(/sharing: off, consent unset, engine off/);
});

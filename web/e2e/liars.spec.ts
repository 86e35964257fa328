// A peer that alters what it passes on is found out and dropped, and nothing that it altered reaches a player.
import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { expect, test } from './harness/house';
import { Ledger } from './harness/ledger';
import { Program, run } from './harness/program';
import { root, temporary } from './harness/server';
import { throughout, until } from './harness/until';

/** What the hostile peer says at its end. */
interface Deeds {
  readonly sessions: number;
  readonly linked: number;
  readonly sent: number;
  readonly altered: number;
  readonly dropped_by: number;
}

test('a hostile peer that alters pieces is dropped, and 0 altered bytes reach a player', async ({ server, live, open }) => {
  const ledger = new Ledger(`${server.url}/hls/${live.card.channel}/master.m3u8`);
  const place = await temporary();
  const built = await run('go', ['build', '-C', root, '-o', join(place, 'hostile'), './peer/hostile/hostile']);
  expect(built.code, built.err).toBe(0);

  const viewers = [await open('/c/fish?share=yes'), await open('/c/fish?share=yes')];
  for (const viewer of viewers) await viewer.shares(1);
  const hostile = new Program(join(place, 'hostile'), ['--url', server.url, '--channel', 'fish', '--mode', 'alter', '--json']);
  try {
    await until('a viewer refuses a piece', async () => {
      for (const viewer of viewers) if ((await viewer.report()).piecesRefused > 0) return true;
      return false;
    }, 30_000);
    await throughout(10_000, 1_000, async () => {
      for (const viewer of viewers) expect((await viewer.report()).stalls).toBe(0);
    });
  } finally {
    hostile.signal('SIGINT');
  }
  const deeds = JSON.parse((await hostile.ended).out) as Deeds;
  console.log(`  the hostile peer: ${JSON.stringify(deeds)}`);
  await rm(place, { recursive: true });
  expect(deeds.altered).toBeGreaterThan(0);
  expect(deeds.dropped_by, 'every viewer whom it lied to dropped it').toBeGreaterThan(0);

  // One lie is enough: what else was under way from that connection is not even looked at.
  let refused = 0;
  for (const viewer of viewers) refused += (await viewer.report()).piecesRefused;
  expect(refused).toBeLessThanOrEqual(deeds.linked);

  await until('the server was told', async () => (await server.figures()).sum('shoal_pieces_refused_total') > 0, 10_000);
  await until('the viewers are among themselves', async () => {
    const peers = await Promise.all(viewers.map(async (viewer) => (await viewer.report()).peers));
    return peers.every((n) => n === 1);
  }, 10_000);

  const appended = (await Promise.all(viewers.map((viewer) => viewer.testimony()))).flatMap((told) => told.appended);
  await until('the ledger has caught up', () => appended.slice(-4).every((hash) => ledger.address(hash) !== undefined), 5_000).catch(() => undefined);
  await ledger.stop();
  const strange = appended.filter((hash) => ledger.address(hash) === undefined);
  expect(appended.length).toBeGreaterThan(50);
  expect(strange, `of ${appended.length} appended buffers, those that the origin never served`).toEqual([]);
  for (const viewer of viewers) expect(await viewer.report()).toMatchObject({ stalls: 0 });
});

// Peers of ill intent are found out and dropped, and nothing that they made up reaches a player.
import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { expect, test as plain } from './harness/house';
import { Ledger } from './harness/ledger';
import { Program, run } from './harness/program';
import { root, temporary } from './harness/server';
import { throughout, until } from './harness/until';
import type { Viewer } from './harness/viewer';

/** What the hostile peer says at its end. */
interface Deeds {
  readonly sessions: number;
  readonly linked: number;
  readonly sent: number;
  readonly altered: number;
  readonly dropped_by: number;
}

/** Lets a hostile peer loose on the live channel; its end returns what it did. */
type Unleash = (mode: 'alter' | 'swap' | 'phantom' | 'forge' | 'flood' | 'garbage') => () => Promise<Deeds>;

const test = plain.extend<{ unleash: Unleash; ledger: Ledger }, { hostile: string }>({
  hostile: [async ({}, use) => {
    const place = await temporary();
    const program = join(place, 'hostile');
    const built = await run('go', ['build', '-C', root, '-o', program, './peer/hostile/hostile']);
    expect(built.code, built.err).toBe(0);
    await use(program);
    await rm(place, { recursive: true });
  }, { scope: 'worker' }],

  unleash: async ({ hostile, server, live }, use) => {
    const loose: Program[] = [];
    await use((mode) => {
      const program = new Program(hostile, ['--url', server.url, '--channel', live.card.channel, '--mode', mode, '--json']);
      loose.push(program);
      return async () => JSON.parse((await program.stop()).out) as Deeds;
    });
    for (const program of loose) await program.stop();
  },

  ledger: async ({ server, live }, use) => {
    const ledger = new Ledger(`${server.url}/hls/${live.card.channel}/master.m3u8`);
    await use(ledger);
    await ledger.stop();
  },
});

test('a hostile peer that alters pieces is dropped, and 0 altered bytes reach a player', async ({ server, ledger, unleash, open }) => {
  const viewers = [await open('/c/fish?share=yes'), await open('/c/fish?share=yes')];
  for (const viewer of viewers) await viewer.shares(1);
  const end = unleash('alter');
  await until('a viewer refuses a piece', async () => (await refused(viewers)) > 0, 30_000);
  await throughout(10_000, 1_000, () => noStall(viewers));
  const deeds = await end();
  console.log(`  the hostile peer: ${JSON.stringify(deeds)}`);
  expect(deeds.altered).toBeGreaterThan(0);
  expect(deeds.dropped_by, 'viewers whom it lied to dropped it').toBeGreaterThan(0);
  // One lie is enough: what else was under way from that connection is not even looked at.
  expect(await refused(viewers)).toBeLessThanOrEqual(deeds.linked);

  await until('the server was told', async () => (await server.figures()).sum('shoal_pieces_refused_total') > 0, 10_000);
  await amongThemselves(viewers);
  await onlyTheOrigins(viewers, ledger);
  await noStall(viewers);
});

const others = {
  swap: 'serves pieces of another part',
  phantom: 'announces everything and sends nothing',
  forge: 'passes on forged records',
  flood: 'sends what nobody asked for, as fast as it is taken',
  garbage: 'sends bytes without meaning',
} as const;

for (const [mode, deed] of Object.entries(others) as [keyof typeof others, string][]) {
  test(`a peer that ${deed} costs no stall and no byte`, async ({ ledger, unleash, open }) => {
    const viewers = [await open('/c/fish?share=yes'), await open('/c/fish?share=yes')];
    for (const viewer of viewers) await viewer.shares(1);
    const end = unleash(mode);
    await throughout(10_000, 1_000, () => noStall(viewers));
    expect((await end()).linked, 'it reached both').toBeGreaterThanOrEqual(2);
    await amongThemselves(viewers);
    await onlyTheOrigins(viewers, ledger);
    await noStall(viewers);
  });
}

async function refused(viewers: readonly Viewer[]): Promise<number> {
  let pieces = 0;
  for (const viewer of viewers) pieces += (await viewer.report()).piecesRefused;
  return pieces;
}

async function noStall(viewers: readonly Viewer[]): Promise<void> {
  for (const viewer of viewers) expect((await viewer.report()).stalls).toBe(0);
}

async function amongThemselves(viewers: readonly Viewer[]): Promise<void> {
  await until('the viewers are among themselves', async () => {
    const peers = await Promise.all(viewers.map(async (viewer) => (await viewer.report()).peers));
    return peers.every((n) => n === viewers.length - 1);
  }, 20_000);
}

/** Everything that was given to a source buffer is, byte for byte, something that the origin serves. */
async function onlyTheOrigins(viewers: readonly Viewer[], ledger: Ledger): Promise<void> {
  const appended = (await Promise.all(viewers.map((viewer) => viewer.testimony()))).flatMap((told) => told.appended);
  expect(appended.length).toBeGreaterThan(50);
  const strange = (): string[] => appended.filter((hash) => ledger.address(hash) === undefined);
  await until('the ledger has caught up', () => strange().length === 0, 5_000).catch(() => {
    throw new Error(`of ${appended.length} appended buffers, ${strange().length} are none that the origin served`);
  });
}

// Three rungs of one picture, one mesh: who plays the same rung shares it, and who changes goes on without a stall, and shares there.
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from './harness/house';
import { run } from './harness/program';
import { temporary, type Server } from './harness/server';
import { throughout, until } from './harness/until';
import type { Viewer } from './harness/viewer';

const SETTLE_MS = 3_000;
const SPAN_MS = 6_000;
const TURN_MS = 15_000;

test.use({ picture: { bframes: 2, size: '426x240' }, ladder: '144p@250,96p@120' });

/** Where the server finds ffmpeg, until it does not any more. */
let tools = '';
const path = process.env.PATH ?? '';

test.beforeAll(async () => {
  tools = await temporary();
  const { out } = await run('which', ['ffmpeg']);
  await symlink(out.trim(), join(tools, 'ffmpeg'));
  process.env.PATH = `${tools}:${path}`;
});

test.afterAll(async () => {
  process.env.PATH = path;
  await rm(tools, { recursive: true });
});

test('viewers of one rung share it; one changes, does not stall, and shares the new one', async ({ live, open }) => {
  const channel = `/c/${live.card.channel}?share=yes`;
  const [first, turns, low] = [await open(channel), await open(channel), await open(channel)];
  for (const viewer of [first, turns, low]) await viewer.plays();
  await choose(first, '144p');
  await choose(turns, '144p');
  await choose(low, '96p');
  for (const viewer of [first, turns, low]) await viewer.shares(2);
  await shows(first, 144);
  await shows(turns, 144);
  await shows(low, 96);
  await throughout(SETTLE_MS, 1_000, async () => undefined);

  const alike = await gained([first, turns]);
  console.log(`  two on 144p: ${alike.fromPeers} bytes from viewers, ${alike.fromServer} from the server`);
  expect(alike.fromPeers, 'one of two is given the stream by the other, or each gives half').toBeGreaterThan(0.25 * alike.all);

  const before = await turns.report();
  await press(turns);
  await shows(turns, 96);
  const after = await turns.report();
  expect(after.stalls, 'stalls of who changed').toBe(before.stalls);
  await throughout(SETTLE_MS, 1_000, async () => undefined);
  const below = await gained([turns, low]);
  console.log(`  two on 96p: ${below.fromPeers} bytes from viewers, ${below.fromServer} from the server`);
  expect(below.fromPeers).toBeGreaterThan(0.25 * below.all);
  for (const viewer of [first, turns, low]) {
    const { stalls, piecesRefused, latencyS } = await viewer.report();
    expect({ stalls, piecesRefused }).toEqual({ stalls: 0, piecesRefused: 0 });
    expect(latencyS).toBeLessThanOrEqual(4);
  }
});

test('a worker that dies is not seen, and where no rung can be made any more its viewers go on with the source', async ({ server, live, open }) => {
  const viewers = [await open(`/c/${live.card.channel}?share=yes`), await open(`/c/${live.card.channel}`)];
  for (const viewer of viewers) {
    await viewer.plays();
    await choose(viewer, '144p');
    await shows(viewer, 144);
  }
  const first = await kill(server);
  await throughout(SETTLE_MS, 1_000, async () => undefined);
  await rm(join(tools, 'ffmpeg'));
  expect(await kill(server), 'another worker').not.toBe(first);
  for (const viewer of viewers) await shows(viewer, 240);
  await throughout(SETTLE_MS, 1_000, async () => undefined);
  for (const viewer of viewers) {
    expect((await viewer.report()).stalls).toBe(0);
    expect(await viewer.moves()).toBe(true);
  }
  const figures = await server.figures();
  expect(figures.sum('shoal_ladder_rungs')).toBe(0);
  expect(figures.sum('shoal_ladder_workers_ended_total', { reason: 'crashed' })).toBe(2);
  expect((await server.channel(live.card.channel)).live).toBe(true);
});

/** Kills the worker that makes rungs, and returns which it was. */
async function kill(server: Server): Promise<string> {
  const pid = (await run('pgrep', ['-P', String(server.program.pid), 'ffmpeg'])).out.trim();
  expect((await run('kill', ['-9', pid])).code).toBe(0);
  return pid;
}

/** Chooses a quality by its name. */
async function choose(viewer: Viewer, label: string): Promise<void> {
  await viewer.page.getByLabel('Quality').selectOption({ label });
}

/** Chooses the quality below by keyboard alone. */
async function press(viewer: Viewer): Promise<void> {
  await viewer.page.getByLabel('Quality').focus();
  await viewer.page.keyboard.press('ArrowDown');
}

/** Waits until the picture on screen is of a rung. */
async function shows(viewer: Viewer, height: number): Promise<void> {
  await until(`a picture of ${height} lines`, () => viewer.page.evaluate((lines) => document.querySelector('video')?.videoHeight === lines, height), TURN_MS);
}

/** What viewers get in the course of SPAN_MS. */
async function gained(viewers: readonly Viewer[]): Promise<{ fromPeers: number; fromServer: number; all: number }> {
  const sum = async (): Promise<{ peers: number; server: number }> => {
    const reports = await Promise.all(viewers.map((viewer) => viewer.report()));
    return { peers: reports.reduce((all, r) => all + r.peerBytes, 0), server: reports.reduce((all, r) => all + r.httpBytes, 0) };
  };
  const before = await sum();
  await throughout(SPAN_MS, 1_000, async () => undefined);
  const after = await sum();
  const fromPeers = after.peers - before.peers;
  const fromServer = after.server - before.server;
  return { fromPeers, fromServer, all: fromPeers + fromServer };
}

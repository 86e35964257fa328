// What goes wrong at a viewer's, each alone: the picture goes on, or comes back without a reload, and sharing finds itself again.
import { chromium } from '@playwright/test';
import config from './playwright.config';
import { Door } from './harness/door';
import { expect, test } from './harness/house';
import { publish } from './harness/publisher';
import { throughout, until } from './harness/until';
import { Viewer } from './harness/viewer';

const share = '/c/fish?share=yes';
const CLOSE_S = 4;

/** Waits until it plays close to live. */
async function recovers(viewer: Viewer, withinMs: number): Promise<void> {
  await until('the picture moves', () => viewer.moves(), withinMs);
  await until('it is close to live', async () => ((await viewer.report()).latencyS ?? Infinity) <= CLOSE_S, withinMs);
}

/** Waits until more of the stream has come from viewers. */
async function hasFromViewers(viewer: Viewer, withinMs: number): Promise<void> {
  const before = (await viewer.report()).peerBytes;
  await until('more comes from viewers', async () => (await viewer.report()).peerBytes > before, withinMs);
}

test('the tracker is away for 10 s: viewers go on as they were, and are back within 3 s', async ({ server, live, context }) => {
  expect(live.card.channel).toBe('fish');
  const AWAY_MS = 10_000;
  const door = await Door.open(server.url);
  const viewers: Viewer[] = [];
  for (let i = 0; i < 3; i++) {
    const viewer = new Viewer(await context.newPage());
    await viewer.page.goto(door.url + share);
    viewers.push(viewer);
  }
  for (const viewer of viewers) await viewer.shares(2);
  await throughout(5_000, 1_000, async () => undefined); // who comes first has nobody to ask
  const offload = async (spanMs: number): Promise<number> => {
    const sums = async (): Promise<[number, number]> => {
      const reports = await Promise.all(viewers.map((viewer) => viewer.report()));
      return [reports.reduce((sum, { peerBytes }) => sum + peerBytes, 0), reports.reduce((sum, { httpBytes }) => sum + httpBytes, 0)];
    };
    const [peers, server] = await sums();
    await throughout(spanMs, 1_000, async () => {
      for (const viewer of viewers) expect((await viewer.report()).peers).toBe(2);
    });
    const [peersAfter, serverAfter] = await sums();
    return (100 * (peersAfter - peers)) / (peersAfter - peers + serverAfter - server);
  };
  const before = await offload(AWAY_MS / 2);
  const stalls = (await Promise.all(viewers.map((viewer) => viewer.report()))).map((report) => report.stalls);
  door.keep('tracker');
  await until('the tracker knows nobody', async () => (await server.channel('fish')).viewers === 0, 5_000);
  const without = await offload(AWAY_MS);
  door.keep(null);
  const opened = performance.now();
  await until('all are back', async () => (await server.channel('fish')).viewers === viewers.length, 10_000);
  const tookMs = performance.now() - opened;
  console.log(`  from viewers ${before.toFixed(1)} % before, ${without.toFixed(1)} % without the tracker; all back after ${(tookMs / 1000).toFixed(2)} s`);
  expect(before - without, 'points of offload lost').toBeLessThanOrEqual(2);
  expect(tookMs).toBeLessThanOrEqual(3_000);
  for (const [i, viewer] of viewers.entries()) {
    expect(await viewer.moves()).toBe(true);
    expect((await viewer.report()).stalls).toBe(stalls[i]);
    expect((await viewer.report()).peers).toBe(2);
  }
  door.close();
});

test('the server is killed and comes back: the page plays on by itself, and shares', async ({ server, live, open }) => {
  const viewers = [await open(share), await open(share)];
  for (const viewer of viewers) await viewer.shares(1);
  let loads = 0;
  for (const viewer of viewers) viewer.page.on('load', () => loads++);

  await server.kill();
  for (const viewer of viewers) await until('the picture ran out', async () => !(await viewer.moves()), 20_000);
  for (const { page } of viewers) {
    await expect(page.locator('.notice')).toContainText('The server does not answer', { timeout: 20_000 });
    expect(await page.locator('main').innerText(), 'nobody knows anything of the streamer').not.toMatch(/streamer|\binterrupted\b|\blive\b/i);
  }
  await server.again();
  await live.publisher.stop();
  const late = await open('/c/fish');
  for (const { page } of [...viewers, late]) {
    await expect(page.locator('.title .badge'), 'its publisher may still come back').toHaveText('interrupted', { timeout: 30_000 });
    await expect(page.locator('.notice')).toContainText('fish is interrupted', { timeout: 30_000 });
  }
  expect(await server.channel('fish')).toMatchObject({ live: false, awaited: true });
  live.publisher = await publish(server, live.card);
  await recovers(late, 30_000);
  for (const viewer of viewers) await recovers(viewer, 30_000);
  for (const viewer of viewers) await viewer.shares(1, 30_000);
  expect(loads).toBe(0);
});

test.describe('a server that waits six seconds for a publisher', () => {
  test.use({ settings: ['--reconnect-window', '6s'] });

  test('is killed and comes back, and the publisher does not: the page says that it is interrupted, and then that it has ended', async ({ server, live, open }) => {
    const viewer = await open('/c/fish');
    await viewer.plays();
    const { page } = viewer;
    live.publisher.signal('SIGKILL');
    await server.kill();
    await server.again();
    await expect(page.locator('.notice')).toContainText('fish is interrupted', { timeout: 20_000 });
    await expect(page.locator('.notice')).toContainText('fish has ended', { timeout: 20_000 });
    await expect(page.locator('.title .badge')).toHaveText('not live');
  });
});

test('all other viewers vanish: the last one plays on without a stall, and shares with who comes next', async ({ live, open, elsewhere }) => {
  expect(live.card.channel).toBe('fish');
  const last = await open(share);
  const others = [await elsewhere(share), await elsewhere(share)];
  await last.shares(2);
  await hasFromViewers(last, 15_000);
  const { stalls } = await last.report();
  await Promise.all(others.map((viewer) => viewer.page.close({ runBeforeUnload: false })));
  await throughout(7_000, 1_000, async () => {
    expect((await last.report()).stalls).toBe(stalls);
    expect((await last.report()).latencyS).toBeLessThanOrEqual(CLOSE_S);
  });
  expect((await last.report()).peers).toBe(0);
  const next = await elsewhere(share);
  await next.shares(1);
  await hasFromViewers(next, 15_000);
});

test('a page that is loaded anew plays and shares again, and the other one notices nothing', async ({ live, open, elsewhere }) => {
  expect(live.card.channel).toBe('fish');
  const [stays, reloads] = [await open(share), await elsewhere(share)];
  await stays.shares(1);
  await reloads.shares(1);
  const { stalls } = await stays.report();
  for (let i = 0; i < 2; i++) {
    await reloads.page.reload();
    await reloads.plays();
    await reloads.shares(1);
  }
  await hasFromViewers(reloads, 15_000);
  expect((await reloads.report()).stalls).toBe(0);
  expect((await stays.report()).stalls).toBe(stalls);
  expect((await stays.report()).peers).toBe(1);
});

test('a page that was asleep goes on where live is, and shares again', async ({ server, live, open }) => {
  expect(live.card.channel).toBe('fish');
  /** Longer than neighbours and tracker wait for a sign of life. */
  const ASLEEP_MS = 16_000;
  const awake = await open(share);
  const browser = await chromium.launch(config.use?.launchOptions);
  const sleeper = new Viewer(await browser.newPage());
  await sleeper.page.goto(server.url + share);
  await awake.shares(1);
  await sleeper.shares(1);
  const { stalls } = await awake.report();
  const { processInfo } = await (await browser.newBrowserCDPSession()).send('SystemInfo.getProcessInfo');
  const pages = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  expect(pages.length).toBeGreaterThan(0);
  for (const pid of pages) process.kill(pid, 'SIGSTOP');
  await throughout(ASLEEP_MS, 1_000, async () => expect((await awake.report()).stalls, 'stalls of the one who is awake').toBe(stalls));
  expect((await awake.report()).peers, 'connections to one who is asleep').toBe(0);
  for (const pid of pages) process.kill(pid, 'SIGCONT');
  await recovers(sleeper, 20_000);
  await sleeper.shares(1, 30_000);
  await hasFromViewers(sleeper, 20_000);
  expect((await awake.report()).stalls).toBe(stalls);
  await browser.close();
});

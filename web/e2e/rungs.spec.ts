// Three rungs of one picture, one mesh: who plays the same rung shares it, and who changes goes on without a stall, and shares there.
import { expect, test } from './harness/house';
import { throughout, until } from './harness/until';
import type { Viewer } from './harness/viewer';

const SETTLE_MS = 6_000;
const SPAN_MS = 10_000;
const TURN_MS = 15_000;

test.use({ picture: { bframes: 2, size: '640x360' }, ladder: '240p,144p' });

test('viewers of one rung share it; one changes, does not stall, and shares the new one', async ({ live, open }) => {
  const channel = `/c/${live.card.channel}?share=yes`;
  const [first, turns, low] = [await open(channel), await open(channel), await open(channel)];
  for (const viewer of [first, turns, low]) await viewer.plays();
  await choose(first, '240p');
  await choose(turns, '240p');
  await choose(low, '144p');
  for (const viewer of [first, turns, low]) await viewer.shares(2);
  await shows(first, 240);
  await shows(turns, 240);
  await shows(low, 144);
  await throughout(SETTLE_MS, 1_000, async () => undefined);

  const alike = await gained([first, turns]);
  console.log(`  two on 240p: ${alike.fromPeers} bytes from viewers, ${alike.fromServer} from the server`);
  expect(alike.fromPeers, 'one of two is given the stream by the other, or each gives half').toBeGreaterThan(0.25 * alike.all);

  const before = await turns.report();
  await press(turns);
  await shows(turns, 144);
  const after = await turns.report();
  expect(after.stalls, 'stalls of who changed').toBe(before.stalls);
  await throughout(SETTLE_MS, 1_000, async () => undefined);
  const below = await gained([turns, low]);
  console.log(`  two on 144p: ${below.fromPeers} bytes from viewers, ${below.fromServer} from the server`);
  expect(below.fromPeers).toBeGreaterThan(0.25 * below.all);
  for (const viewer of [first, turns, low]) {
    const { stalls, piecesRefused, latencyS } = await viewer.report();
    expect({ stalls, piecesRefused }).toEqual({ stalls: 0, piecesRefused: 0 });
    expect(latencyS).toBeLessThanOrEqual(4);
  }
});

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

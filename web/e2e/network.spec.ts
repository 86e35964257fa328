// A street of homes with routers of every kind: who can connect shares, who cannot watches from the server, and nobody's picture suffers.
import { expect, test as base, type Browser } from '@playwright/test';
import { rm } from 'node:fs/promises';
import { Netlab, type Kind } from './harness/netlab';
import { Program } from './harness/program';
import { temporary, type Server } from './harness/server';
import { launch, left, open, page, ports, publish, serve, watch } from './harness/street';
import { throughout, until } from './harness/until';
import type { Viewer } from './harness/viewer';

/** Who lives where: three browsers, then native viewers. */
const homes: readonly Kind[] = ['plain', 'tcp-only', 'web-only', 'plain', 'random', 'open'];
const [CONE, RELAYED, ALONE, NATIVE_CONE, NATIVE_RANDOM, NATIVE_OPEN] = [0, 1, 2, 3, 4, 5];
const SPAN_MS = 10_000;

const obstacle = await Netlab.obstacle();
base.skip(() => obstacle !== '' && !process.env.CI, `no network lab: ${obstacle}`);

interface Street {
  readonly server: Server;
  readonly lab: Netlab;
  readonly browsers: readonly Browser[];
}

const test = base.extend<{ street: Street }>({
  street: async ({}, use) => {
    expect(obstacle, 'CI has what the network lab needs').toBe('');
    const lab = await Netlab.build(homes, ports.httpPort);
    const dir = await temporary();
    const browsers: Browser[] = [];
    let server: Server | null = null;
    try {
      server = await serve(lab);
      for (const home of [CONE, RELAYED, ALONE]) browsers.push(await launch(dir, lab.host(home)));
      await use({ server, lab, browsers });
    } finally {
      for (const browser of browsers) await browser.close();
      await server?.stop();
      await lab.remove();
      await rm(dir, { recursive: true, force: true });
    }
  },
});

test('behind routers of every kind, viewers share where they can reach each other, and play in any case', async ({ street }) => {
  const { server, lab, browsers } = street;
  const publisher = await publish(server);
  const natives = [NATIVE_CONE, NATIVE_RANDOM, NATIVE_OPEN].map((home) => watch(lab, home));
  const viewers: Viewer[] = [];
  for (const browser of browsers) { // one after the other: three pages that begin at once are a test of the machine
    const viewer = await open(browser);
    await viewer.plays();
    viewers.push(viewer);
  }
  const [cone, relayed, alone] = viewers as [Viewer, Viewer, Viewer];
  // All but the one who has nothing but the web: two by holes in their routers, or by the relay.
  for (const viewer of [cone, relayed]) await viewer.shares(4, 30_000);
  // A page that has just begun may be further behind until enough is buffered to move up.
  for (const viewer of viewers) await until('it is close to live', async () => ((await viewer.report()).latencyS ?? Infinity) <= 4, 10_000);

  const before = await Promise.all(viewers.map((viewer) => viewer.report()));
  const madeBefore = (await alone.testimony()).made;
  await throughout(SPAN_MS, 1_000, async () => {
    for (const viewer of viewers) expect((await viewer.report()).latencyS).toBeLessThanOrEqual(4);
  });
  await until('attempts that lead nowhere are given up', async () => (await alone.testimony()).open === 0, 15_000);
  const after = await Promise.all(viewers.map((viewer) => viewer.report()));
  const [paths, pathsRelayed, lonely] = [(await cone.testimony()).paths, (await relayed.testimony()).paths, await alone.testimony()];
  const native = await Promise.all(natives.map(left));
  await publisher.stop();
  console.log(`  of a browser behind a plain router: ${paths.join(', ')}; where no UDP passes: ${pathsRelayed.join(', ')}`);
  console.log(`  from viewers: ${after.map((report, i) => `${share(report, before[i])} %`).join(', ')}; native: ${native.map((watched) => `${share(watched)} %`).join(', ')}`);

  for (const [i, report] of after.entries()) {
    expect(report.stalls, `stalls of browser ${i}`).toBe(before[i]?.stalls);
    expect(await viewers[i]?.moves()).toBe(true);
    expect(report.piecesRefused).toBe(0);
  }
  for (const report of after.slice(0, 2)) expect(share(report, before[after.indexOf(report)]), 'who can connect has most from viewers').toBeGreaterThanOrEqual(50);
  for (const watched of native) {
    expect(watched.linksEver).toBeGreaterThanOrEqual(3);
    expect(watched.peerBytes).toBeGreaterThan(0);
    expect(watched.uploadBytes).toBeGreaterThan(0);
    expect(watched.refused).toBe(0);
  }
  // A hole in each router leads to the other, and to who has none; the relay is for the others, and no more.
  expect(paths.filter((path) => !path.includes('relay')), 'direct connections of a browser behind a plain router').toHaveLength(2);
  expect(pathsRelayed.filter((path) => !path.startsWith('relay')), 'where no UDP passes, everything is relayed').toEqual([]);
  // Who can connect to nobody tried, and then it costs nothing but HTTP.
  expect(after[2]).toMatchObject({ peers: 0, peerBytes: 0, uploadBytes: 0 });
  expect(lonely.made).toBeGreaterThan(0);
  expect(lonely.made - madeBefore, 'further attempts').toBeLessThanOrEqual(homes.length - 1);
});

/** Of what came in, how much came from viewers, in per cent. */
function share(after: { readonly peerBytes: number; readonly httpBytes: number }, before = { peerBytes: 0, httpBytes: 0 }): number {
  const [peers, server] = [after.peerBytes - before.peerBytes, after.httpBytes - before.httpBytes];
  return Math.round((100 * peers) / (peers + server));
}

test('a line that breaks, and an address that changes: the picture comes back by itself, and sharing does', async ({ street }) => {
  const { server, lab, browsers } = street;
  /** Longer than neighbours and tracker wait for a sign of life. */
  const BROKEN_MS = 9_000;
  const publisher = await publish(server);
  const native = watch(lab, NATIVE_OPEN);
  const viewer = await open(browsers[CONE] as Browser);
  await viewer.shares(1);
  let loads = 0;
  viewer.page.on('load', () => loads++);
  const recovers = async (): Promise<number> => {
    const from = performance.now();
    const { peerBytes } = await viewer.report();
    await until('the picture is close to live', async () => (await viewer.moves()) && ((await viewer.report()).latencyS ?? Infinity) <= 4, 20_000);
    await until('it shares', async () => (await viewer.report()).peers > 0 && (await viewer.report()).peerBytes > peerBytes, 30_000);
    return performance.now() - from;
  };
  await lab.line(CONE, 'down');
  await throughout(BROKEN_MS, 1_000, async () => undefined);
  await lab.line(CONE, 'up');
  const brokenMs = await recovers();
  await lab.move(CONE, lab.address(homes.length));
  await throughout(BROKEN_MS, 1_000, async () => undefined);
  const movedMs = await recovers();
  console.log(`  plays and shares ${(brokenMs / 1000).toFixed(1)} s after a broken line came back, and ${(movedMs / 1000).toFixed(1)} s after a new address`);
  expect(loads).toBe(0);
  expect((await viewer.report()).piecesRefused).toBe(0);
  await Promise.all([native.stop(), publisher.stop()]);
});

test('the relay carries nothing for strangers, nor to anybody who is not a viewer', async ({ street }) => {
  const { server, lab, browsers } = street;
  const publisher = await publish(server);
  const [browser] = browsers as [Browser];
  const tab = await (await browser.newContext()).newPage();
  await tab.goto(page);
  const { ice, token } = await tab.evaluate(async () => (await fetch('/api/v1/channels/fish/join', { method: 'POST', body: '{"mode":"share"}' })).json()) as Pass;
  const canary = new Program('ip', ['netns', 'exec', lab.host(NATIVE_OPEN), process.execPath, '-e', listener]);
  await canary.line(/listening/, 5_000);
  const target = { address: lab.address(NATIVE_OPEN), port: CANARY_PORT };

  expect(await tab.evaluate(gather, { ice, target }), 'before the tracker knows the viewer').toBe(0);
  const forged = ice.map((entry) => ({ ...entry, credential: 'guessed' }));
  await tab.evaluate(hello, token);
  expect(await tab.evaluate(gather, { ice: forged, target }), 'with a wrong password').toBe(0);
  expect(await tab.evaluate(gather, { ice, target }), 'with what the server gave').toBeGreaterThan(0);
  const packets = (): string[] => canary.out.filter((line) => line.startsWith('packet'));
  expect(packets(), 'packets at a machine on the street that watches nothing').toEqual([]);

  const native = watch(lab, NATIVE_OPEN);
  // The page that the tab shows is one more viewer, but it does not share.
  await until('the machine shares, too', async () => (await server.figures()).sum('shoal_sharing_viewers', { channel: 'fish' }) === 2, 10_000);
  await tab.evaluate(gather, { ice, target });
  expect(packets(), 'packets there once it is a viewer: so they would have been seen').not.toEqual([]);
  await Promise.all([native.stop(), publisher.stop(), canary.stop()]);
});

const CANARY_PORT = 5000;
/** A machine that notes who sends it anything. */
const listener = `require('dgram').createSocket('udp4').on('message', (_, from) => console.log('packet from', from.address))
  .bind(${CANARY_PORT}, () => console.log('listening'))`;

interface Pass {
  readonly ice: readonly RTCIceServer[];
  readonly token: string;
}

/** Runs in the page: how many candidates of the relay there are, and then it tries to reach `target` through it. */
async function gather({ ice, target }: { readonly ice: readonly RTCIceServer[]; readonly target: { readonly address: string; readonly port: number } }): Promise<number> {
  const WAIT_MS = 2_000;
  const connection = new RTCPeerConnection({ iceServers: [...ice], iceTransportPolicy: 'relay' });
  let found = 0;
  connection.onicecandidate = ({ candidate }) => (found += candidate?.type === 'relay' ? 1 : 0);
  connection.createDataChannel('x');
  await connection.setLocalDescription();
  const answer = (connection.localDescription?.sdp ?? '').replace('a=setup:actpass', 'a=setup:active').replace(/^a=candidate.*\r\n/gm, '');
  await connection.setRemoteDescription({ type: 'answer', sdp: answer });
  await connection.addIceCandidate({ candidate: `candidate:1 1 udp 2113937151 ${target.address} ${target.port} typ host`, sdpMid: '0' });
  await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  connection.close();
  return found;
}

/** Runs in the page: makes it a viewer that the tracker knows, and stays. */
function hello(token: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/api/v1/tracker`, 'shoal.tracker.v1');
    socket.onopen = () => socket.send(JSON.stringify({ t: 'hello', token }));
    socket.onmessage = () => resolve();
  });
}

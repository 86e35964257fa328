// A street of homes with routers of every kind: who can connect shares, who cannot watches from the server, and nobody's picture suffers.
import { chromium, expect, test as base, type Browser } from '@playwright/test';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import config from './playwright.config';
import { Netlab, DOOR_HOST, SERVER_HOST, type Kind } from './harness/netlab';
import { Program } from './harness/program';
import { publish } from './harness/publisher';
import { Server, shoal, temporary } from './harness/server';
import { throughout, until } from './harness/until';
import { Viewer } from './harness/viewer';
import { testify } from './harness/witness';

const ports = { httpPort: 8080, rtmpPort: 1935, turnPort: 3478 };
const page = `http://${SERVER_HOST}:${ports.httpPort}/c/fish`;

/** Who lives where: three browsers, then native viewers. */
const homes: readonly Kind[] = ['plain', 'tcp-only', 'web-only', 'plain', 'random', 'open'];
const [CONE, RELAYED, ALONE, NATIVE_CONE, NATIVE_RANDOM, NATIVE_OPEN] = [0, 1, 2, 3, 4, 5];
const SPAN_MS = 15_000;

const obstacle = await Netlab.obstacle();
base.skip(() => obstacle !== '' && !process.env.CI, `no network lab: ${obstacle}`);

/** What `shoal watch --json` says at its end, as far as it is asked here. */
interface Watched {
  readonly peerBytes: number;
  readonly httpBytes: number;
  readonly uploadBytes: number;
  readonly stalls: number;
  readonly refused: number;
  readonly linksEver: number;
  readonly parts: number;
}

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
      server = await Server.startAt({ prefix: ['ip', 'netns', 'exec', lab.street], host: SERVER_HOST, door: DOOR_HOST, ...ports });
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

/** Starts a browser that lives in a namespace. */
async function launch(dir: string, space: string): Promise<Browser> {
  const options = config.use?.launchOptions ?? {};
  const executablePath = join(dir, space);
  await writeFile(executablePath, `#!/bin/sh\nexec ip netns exec ${space} ${options.executablePath} "$@"\n`);
  await chmod(executablePath, 0o755);
  // The pages have no certificate here: the browser is told to trust them as it would trust HTTPS.
  return chromium.launch({ ...options, executablePath, args: [...(options.args ?? []), `--unsafely-treat-insecure-origin-as-secure=http://${SERVER_HOST}:${ports.httpPort}`] });
}

async function open(browser: Browser): Promise<Viewer> {
  const context = await browser.newContext();
  await context.addInitScript(testify);
  const viewer = new Viewer(await context.newPage());
  await viewer.page.goto(`${page}?share=yes`);
  return viewer;
}

test('behind routers of every kind, viewers share where they can reach each other, and play in any case', async ({ street }) => {
  const { server, lab, browsers } = street;
  const added = await server.addChannel('fish');
  const publisher = await publish(server, { ...added, rtmp_url: `rtmp://${DOOR_HOST}:${ports.rtmpPort}/live` });
  const natives = [NATIVE_CONE, NATIVE_RANDOM, NATIVE_OPEN].map((home) => new Program('ip', ['netns', 'exec', lab.host(home), shoal, 'watch', page, '--json']));
  const [cone, relayed, alone] = await Promise.all(browsers.map(open)) as [Viewer, Viewer, Viewer];
  const viewers = [cone, relayed, alone];
  for (const viewer of viewers) await viewer.plays();
  // All but the one who has nothing but the web: two by holes in their routers, or by the relay.
  for (const viewer of [cone, relayed]) await viewer.shares(4, 30_000);

  const before = await Promise.all(viewers.map((viewer) => viewer.report()));
  const madeBefore = (await alone.testimony()).made;
  await throughout(SPAN_MS, 1_000, async () => {
    for (const viewer of viewers) expect((await viewer.report()).latencyS).toBeLessThanOrEqual(4);
  });
  const after = await Promise.all(viewers.map((viewer) => viewer.report()));
  const [paths, pathsRelayed, lonely] = [(await cone.testimony()).paths, (await relayed.testimony()).paths, await alone.testimony()];
  const native = (await Promise.all(natives.map((program) => program.stop()))).map(({ code, out, err }) => {
    expect(code, err).toBe(0);
    return JSON.parse(out) as Watched;
  });
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
  expect(lonely.open, 'connections that are kept for nothing').toBe(0);
});

/** Of what came in, how much came from viewers, in per cent. */
function share(after: { readonly peerBytes: number; readonly httpBytes: number }, before = { peerBytes: 0, httpBytes: 0 }): number {
  const [peers, server] = [after.peerBytes - before.peerBytes, after.httpBytes - before.httpBytes];
  return Math.round((100 * peers) / (peers + server));
}

test('the relay carries nothing for strangers, nor to anybody who is not a viewer', async ({ street }) => {
  const { server, lab, browsers } = street;
  const added = await server.addChannel('fish');
  const { channel } = added;
  const [browser] = browsers as [Browser];
  const tab = await (await browser.newContext()).newPage();
  await tab.goto(page);
  const { ice, token } = await tab.evaluate(async (name) => (await fetch(`/api/v1/channels/${name}/join`, { method: 'POST', body: '{"mode":"share"}' })).json(), channel) as Pass;
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

  const publisher = await publish(server, { ...added, rtmp_url: `rtmp://${DOOR_HOST}:${ports.rtmpPort}/live` });
  const native = new Program('ip', ['netns', 'exec', lab.host(NATIVE_OPEN), shoal, 'watch', page, '--json']);
  await until('the machine watches, too', async () => (await server.channel(channel)).viewers >= 2, 10_000);
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

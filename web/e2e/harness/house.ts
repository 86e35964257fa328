// What every test is given: a server, a live channel, pages.
//
// What it is: Playwright's fixtures of this house. Each test has its own server, publisher and browser context.
// Who calls it: every spec, by importing `test` from here.
// What it owns: the end of everything that was started, also of a test that failed.
// What it will never do: retry, or let a page talk to a stranger: a request to another host fails the test.
import { test as base, expect, type BrowserContext, type TestInfo } from '@playwright/test';
import { writeFile } from 'node:fs/promises';
import type { Program } from './program';
import { publish, type Picture } from './publisher';
import { Server, type Card } from './server';
import { Viewer } from './viewer';
import { testify } from './witness';

export { expect };

export interface Live {
  readonly card: Card;
  /** The publisher that runs now. */
  publisher: Program;
}

interface House {
  /** How the live channel is published. */
  picture: Picture;
  /** Which rungs are made of it. */
  ladder: string;
  server: Server;
  /** Further arguments of the server. */
  settings: readonly string[];
  /** A channel that ffmpeg publishes to. */
  live: Live;
  /** Opens a page of the server, as another tab of the same browser. */
  open: (path: string) => Promise<Viewer>;
  /** Opens a page of the server in a browser of somebody else, who shares no storage with the tabs. */
  elsewhere: (path: string) => Promise<Viewer>;
}

export const test = base.extend<House>({
  picture: [{}, { option: true }],

  settings: [[], { option: true }],

  ladder: ['off', { option: true }],

  server: async ({ ladder, settings }, use, info) => {
    const server = await Server.start(settings, ladder);
    await use(server);
    await server.stop();
    await leave(info, 'server.log', async () => server.log());
  },

  live: async ({ server, picture, settings }, use) => {
    const card = await server.addChannel('fish');
    const live = { card, publisher: await publish(server, card, picture, settings.includes('--private') ? await server.pass('fish') : '') };
    await use(live);
    await live.publisher.stop();
  },

  context: async ({ context }, use) => {
    const strangers = await guard(context);
    await use(context);
    expect(strangers, 'requests to other hosts').toEqual([]);
  },

  open: async ({ context, server }, use, info) => {
    const viewers: Viewer[] = [];
    await use((path) => enter(context, server, path, viewers));
    for (const [i, viewer] of viewers.entries()) await leave(info, `viewer-${i + 1}.txt`, () => viewer.story());
  },

  elsewhere: async ({ browser, server }, use, info) => {
    const viewers: Viewer[] = [];
    const context = await browser.newContext();
    const strangers = await guard(context);
    await use((path) => enter(context, server, path, viewers));
    for (const [i, viewer] of viewers.entries()) await leave(info, `viewer-elsewhere-${i + 1}.txt`, () => viewer.story());
    await context.close();
    expect(strangers, 'requests to other hosts').toEqual([]);
  },
});

async function enter(context: BrowserContext, server: Server, path: string, viewers: Viewer[]): Promise<Viewer> {
  const viewer = new Viewer(await context.newPage());
  viewers.push(viewer);
  await viewer.page.goto(server.url + path);
  return viewer;
}

/** Puts the witness into every page, and returns the addresses on other hosts that any page asks for from now on. */
async function guard(context: BrowserContext): Promise<string[]> {
  const strangers: string[] = [];
  context.on('request', (request) => note(request.url(), strangers));
  context.on('page', (page) => page.on('websocket', (socket) => note(socket.url(), strangers)));
  await context.addInitScript(testify);
  return strangers;
}

/** Leaves what explains a failure beside the test's results. */
async function leave(info: TestInfo, name: string, tell: () => Promise<string>): Promise<void> {
  if (info.status === info.expectedStatus) return;
  const path = info.outputPath(name);
  await writeFile(path, await tell());
  await info.attach(name, { path });
}

function note(url: string, strangers: string[]): void {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'blob:' || protocol === 'data:' || protocol === 'about:') return;
  if (hostname !== '127.0.0.1' && hostname !== 'localhost') strangers.push(url);
}

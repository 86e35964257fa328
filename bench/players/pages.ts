// Players of browsers: each in a context of its own of one Chromium, on a page of another site than the stream's.
//
// What it is: a server of the pages, and a Player for each.
// Who calls it: main.ts.
// What it owns: the browser and the pages' server, until close().
// What it will never do: let a page talk to a stranger.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { Player, Seen } from './seen';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const require = createRequire(import.meta.url);

/** The players, by the names of their pages. */
const players = { hls: 'hls.js', shaka: 'shaka-player', videojs: 'video.js' } as const;
export const inBrowsers = Object.values(players);

export class Pages {
  readonly #browser: Browser;
  readonly #server: Server;
  readonly #asTheyCome: boolean;

  private constructor(browser: Browser, server: Server, asTheyCome: boolean) {
    this.#browser = browser;
    this.#server = server;
    this.#asTheyCome = asTheyCome;
  }

  /** `asTheyCome`: all players keep their defaults, also where their pages know of better ones. */
  static async open(asTheyCome: boolean): Promise<Pages> {
    const server = createServer(answer);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required',
      ],
    });
    return new Pages(browser, server, asTheyCome);
  }

  /** Plays source in the player of this name, one of inBrowsers. */
  async play(name: string, source: string): Promise<Player> {
    const [page] = Object.entries(players).find(([, player]) => player === name) ?? [];
    if (!page) throw new Error(`no page plays ${name}`);
    const tab = await (await this.#browser.newContext({ viewport: { width: 320, height: 180 } })).newPage();
    const port = (this.#server.address() as AddressInfo).port;
    const asked = new URLSearchParams({ source, ...(this.#asTheyCome ? { 'as-it-comes': '' } : {}) });
    await tab.goto(`http://127.0.0.1:${port}/${page}.html?${asked}`);
    return { name, version: versionOf(name), look: () => look(tab), stop: () => tab.context().close() };
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
  }
}

async function look(tab: Page): Promise<Seen> {
  return await tab.evaluate(() => window.seen?.()) ?? { atS: null, frames: null, lost: 0, errors: ['the page has no player'] };
}

function versionOf(name: string): string {
  return (require(`${name}/package.json`) as { version: string }).version;
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = new URL(request.url ?? '/', 'http://pages').pathname;
  const name = /^\/(\w+)\.(html|js)$/.exec(path);
  if (!name?.[1] || !(name[1] in players)) {
    response.writeHead(404, {});
    response.end();
    return;
  }
  if (name[2] === 'html') {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
    response.end(`<!doctype html><title>${name[1]}</title><body><script src="/${name[1]}.js"></script>`);
    return;
  }
  readFile(join(import.meta.dirname, 'pages', `${name[1]}.js`)).then((text) => {
    response.writeHead(200, { 'Content-Type': 'text/javascript; charset=utf-8' });
    response.end(text);
  }, (error: unknown) => {
    response.writeHead(500, {});
    response.end(String(error));
  });
}

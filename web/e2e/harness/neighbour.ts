// A site of somebody else: the pages of web/example, on another origin than the server's.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { root } from './server';

/** What the examples say, and every test replaces with its own. */
const WRITTEN_SERVER = 'http://localhost:8080';
const WRITTEN_CHANNEL = '/c/demo';

export interface Site {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the examples for a server and one of its channels, hls.js beside them, and pages of the test's own. `policy` is
 * the site's Content-Security-Policy.
 */
export async function openSite(server: string, channel: string, pages: Readonly<Record<string, string>> = {}, policy?: string): Promise<Site> {
  const hls = await readFile(createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js'));
  const site = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://site').pathname;
    const name = path === '/' ? 'index.html' : path.slice(1);
    const answer = async (): Promise<string | Buffer> => {
      if (name === 'hls.js') return hls;
      if (pages[name] !== undefined) return pages[name];
      if (!/^[a-z-]+\.html$/.test(name)) throw new Error('no such page');
      return (await readFile(join(root, 'web/example', name), 'utf8')).replaceAll(WRITTEN_SERVER + WRITTEN_CHANNEL, `${server}/c/${channel}`).replaceAll(WRITTEN_SERVER, server);
    };
    answer().then((body) => {
      response.setHeader('Content-Type', name.endsWith('.js') ? 'text/javascript' : 'text/html');
      if (policy) response.setHeader('Content-Security-Policy', policy);
      response.end(body);
    }, () => response.writeHead(404).end());
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(site.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => {
      site.closeAllConnections();
      site.close(() => resolve());
    }),
  };
}

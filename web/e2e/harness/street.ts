// Browsers and native viewers that live in the namespaces of a network lab.
//
// What it is: Chromium started inside a namespace, `shoal watch` started inside a namespace.
// Who calls it: network.spec.ts and proofs/.
// What it owns: nothing: who starts something ends it.
// What it will never do: decide what is measured.
import { chromium, type Browser } from '@playwright/test';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import config from '../playwright.config';
import { DOOR_HOST, SERVER_HOST, type Netlab } from './netlab';
import { Program } from './program';
import { publish as publishTo } from './publisher';
import { Server, shoal } from './server';
import { Viewer } from './viewer';
import { testify } from './witness';

export const ports = { httpPort: 8080, rtmpPort: 1935, turnPort: 3478 };
const origin = `http://${SERVER_HOST}:${ports.httpPort}`;
export const page = `${origin}/c/fish`;

/** Starts a server on the street. */
export function serve(lab: Netlab): Promise<Server> {
  return Server.startAt({ prefix: ['ip', 'netns', 'exec', lab.street], host: SERVER_HOST, door: DOOR_HOST, ...ports });
}

/** Adds the channel and publishes to it. */
export async function publish(server: Server): Promise<Program> {
  return publishTo(server, { ...await server.addChannel('fish'), rtmp_url: `rtmp://${DOOR_HOST}:${ports.rtmpPort}/live` });
}

/** Starts a native viewer in a home. */
export function watch(lab: Netlab, home: number, ...more: readonly string[]): Program {
  return new Program('ip', ['netns', 'exec', lab.host(home), shoal, 'watch', page, '--json', ...more]);
}

/** What it says at its end, as far as it is asked here. */
export interface Watched {
  readonly peerBytes: number;
  readonly httpBytes: number;
  readonly uploadBytes: number;
  readonly sentBytes: number; // to others, headers and all
  readonly stalls: number;
  readonly refused: number;
  readonly linksEver: number;
  readonly parts: number;
}

export async function left(native: Program): Promise<Watched> {
  const { code, out, err } = await native.stop();
  if (code !== 0) throw new Error(err);
  return JSON.parse(out) as Watched;
}

/** Starts a browser that lives in a namespace. `dir` is for what starts it. */
export async function launch(dir: string, space: string): Promise<Browser> {
  const options = config.use?.launchOptions ?? {};
  const executablePath = join(dir, space);
  await writeFile(executablePath, `#!/bin/sh\nexec ip netns exec ${space} ${options.executablePath} "$@"\n`);
  await chmod(executablePath, 0o755);
  // The pages have no certificate here: the browser is told to trust them as it would trust HTTPS.
  return chromium.launch({ ...options, executablePath, args: [...(options.args ?? []), `--unsafely-treat-insecure-origin-as-secure=${origin}`] });
}

/** Opens the watch page as one who shares. */
export async function open(browser: Browser): Promise<Viewer> {
  const context = await browser.newContext();
  await context.addInitScript(testify);
  const viewer = new Viewer(await context.newPage());
  await viewer.page.goto(`${page}?share=yes`);
  return viewer;
}

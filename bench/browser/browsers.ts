// Viewers: Chromium, each with a profile of its own, so that no cache helps another.
//
// What it is: one browser with a context per viewer, or, at the end of lines, one browser per viewer.
// Who calls it: run.ts.
// What it owns: the browsers, until close().
// What it will never do: outlive a run: the next engine finds fresh processes.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { BLOCK, BLOCKS_LEFT, CLOCK_BITS, PICTURE_WIDTH, readBlocks } from './clock';
import type { Lines } from './lines';
import { spent, type Spent } from './processor';
import { testify, type Testimony, type WitnessOrders } from './witness';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const SCREEN = { width: 320, height: 180 };

export class Browsers {
  readonly #url: string;
  readonly #epochMs: number;
  readonly #lines: Lines | null;
  readonly #all: Browser[] = [];
  #dir = '';

  constructor(url: string, epochMs: number, lines: Lines | null) {
    this.#url = url;
    this.#epochMs = epochMs;
    this.#lines = lines;
  }

  async start(viewers: number): Promise<void> {
    this.#dir = await mkdtemp(join(tmpdir(), 'shoal-bench-'));
    for (let i = 0; i < (this.#lines ? viewers : 1); i++) this.#all.push(await this.#launch(i));
  }

  async #launch(line: number): Promise<Browser> {
    let executablePath = CHROMIUM;
    if (this.#lines) {
      executablePath = join(this.#dir, `chromium-${line}`);
      await writeFile(executablePath, `#!/bin/sh\nexec ip netns exec ${this.#lines.space(line)} ${CHROMIUM} "$@"\n`);
      await chmod(executablePath, 0o755);
    }
    return chromium.launch({
      executablePath,
      args: [
        '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required',
        `--unsafely-treat-insecure-origin-as-secure=${this.#url}`, // what HTTPS would be to a page
      ],
    });
  }

  /** Opens an empty page for a viewer. */
  async page(viewer: number, withoutWebRtc: boolean): Promise<Page> {
    const browser = this.#all[this.#lines ? viewer : 0];
    if (!browser) throw new Error('no browser was started');
    const context = await browser.newContext({ viewport: SCREEN });
    const orders: WitnessOrders = {
      epochMs: this.#epochMs, bits: CLOCK_BITS, block: BLOCK, left: BLOCKS_LEFT, width: PICTURE_WIDTH, withoutWebRtc,
    };
    await context.addInitScript(`(${testify.toString()})(${JSON.stringify(orders)}, ${readBlocks.toString()})`);
    return context.newPage();
  }

  /** Processor time of all browsers' processes. */
  spent(): Spent {
    return spent(process.pid, /^chrom/);
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((browser) => browser.close()));
    this.#all.length = 0;
    await rm(this.#dir, { recursive: true, force: true });
  }
}

export function testimony(page: Page): Promise<Testimony | null> {
  return page.evaluate(() => window.benchWitness?.tell() ?? null);
}

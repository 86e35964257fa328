// A page that watches, as tests see it.
import type { Page, Request } from '@playwright/test';
import type { Report } from '../../app/visit/report';
import { until } from './until';
import type { Testimony } from './witness';

const PICTURE_MS = 20_000;
/** Finished loads kept of each page, to explain a stall: about a minute. */
const LOADS_MAX = 1_000;

export class Viewer {
  readonly page: Page;
  /** Addresses of all that the page asked for. */
  readonly asked: string[] = [];
  #said: string[] = [];
  #loads: { readonly url: string; readonly from: number; readonly ms: number; readonly end: string }[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('request', (request: Request) => this.asked.push(request.url()));
    page.on('requestfinished', (request) => this.#went(request, 'ok'));
    page.on('requestfailed', (request) => this.#went(request, request.failure()?.errorText ?? 'failed'));
    page.on('console', (message) => this.#said.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => this.#said.push(`page error: ${error.message}`));
  }

  async report(): Promise<Report> {
    const report = await this.page.evaluate(() => window.shoal?.report());
    if (!report) throw new Error('the page has no window.shoal');
    return report;
  }

  async testimony(): Promise<Testimony> {
    const told = await this.page.evaluate(() => window.witness?.tell());
    if (!told) throw new Error('the page has no witness');
    return told;
  }

  /** Waits for the picture to move. */
  async plays(): Promise<void> {
    await until('a picture moves', async () => (await this.report()).startupMs !== null && (await this.moves()), PICTURE_MS);
  }

  /** Whether the picture's clock runs. */
  async moves(): Promise<boolean> {
    return this.page.evaluate(() => new Promise<boolean>((answer) => {
      const video = document.querySelector('video');
      const before = video?.currentTime ?? 0;
      setTimeout(() => answer((video?.currentTime ?? 0) > before), 200);
    }));
  }

  /** Waits for the engine to run and for this many connections. */
  async shares(peers: number, withinMs = 30_000): Promise<void> {
    let last: Report | undefined;
    try {
      await until(`${peers} viewers are connected`, async () => {
        last = await this.report();
        return last.engine === 'wasm' && last.peers >= peers;
      }, withinMs);
    } catch (error) {
      throw new Error(`${String(error)}; the last report: ${JSON.stringify(last)}`);
    }
  }

  /** What explains a failure. */
  async story(): Promise<string> {
    const report = await this.report().catch(String);
    const diary = await this.testimony().then((told) => told.diary, () => []);
    const opened = await this.page.evaluate(() => performance.timeOrigin).catch(() => 0);
    const loads = this.#loads.map(({ url, from, ms, end }) => `${((from - opened) / 1000).toFixed(2)} ${url} took ${ms.toFixed(0)} ms: ${end}`);
    return [JSON.stringify(report), ...this.#said, ...diary, ...loads].join('\n');
  }

  #went(request: Request, end: string): void {
    const { startTime, requestStart, responseEnd } = request.timing();
    const { pathname, search } = new URL(request.url());
    this.#loads.push({ url: pathname + search, from: startTime, ms: responseEnd, end: `${end}, sent after ${requestStart.toFixed(0)} ms` });
    if (this.#loads.length > LOADS_MAX) this.#loads.shift();
  }

  /** All words on the page. */
  async words(): Promise<string> {
    return this.page.evaluate(() => document.body.innerText);
  }

  /** Addresses of WebAssembly that was downloaded. */
  get engines(): string[] {
    return this.asked.filter((url) => new URL(url).pathname.endsWith('.wasm'));
  }
}

/** The buffered stretches of a page's video, in seconds. */
export function buffered(page: Page): Promise<[number, number][]> {
  return page.evaluate(() => {
    const ranges = document.querySelector('video')?.buffered;
    return Array.from({ length: ranges?.length ?? 0 }, (_, i): [number, number] => [ranges?.start(i) ?? 0, ranges?.end(i) ?? 0]);
  });
}

// Tabs that can be hidden behind another one of their window, as people do it: to Playwright's own pages that never happens.
//
// What it is: a Chromium that slows hidden tabs down as it does by itself, and tabs of it, driven below Playwright.
// Who calls it: hidden.spec.ts.
// What it owns: the browser, until close().
// What it will never do: pretend: a tab is hidden when it says so itself.
import { chromium, type Browser, type CDPSession } from '@playwright/test';
import type { Report } from '../../app/visit/report';
import config from '../playwright.config';
import { until } from './until';

/** What Playwright tells Chromium so that no page is ever slowed down. */
const UNHINDERED = ['--disable-background-timer-throttling', '--disable-backgrounding-occluded-windows', '--disable-renderer-backgrounding'];
/** Hidden for so long a tab's timers go off once a minute, if nothing speaks against it. Chromium's own is 5 minutes. */
export const INTENSIVE_AFTER_S = 10;

interface Answer {
  readonly result?: { readonly result?: { readonly value?: unknown }; readonly exceptionDetails?: { readonly text: string } };
  readonly error?: { readonly message: string };
}

export class Window {
  readonly #browser: Browser;
  readonly #cdp: CDPSession;
  readonly #asked = new Map<number, (answer: Answer) => void>();
  #last = 0;

  private constructor(browser: Browser, cdp: CDPSession) {
    this.#browser = browser;
    this.#cdp = cdp;
    cdp.on('Target.receivedMessageFromTarget', ({ message }) => {
      const answer = JSON.parse(message) as Answer & { readonly id?: number };
      this.#asked.get(answer.id ?? 0)?.(answer);
      this.#asked.delete(answer.id ?? 0);
    });
  }

  static async open(): Promise<Window> {
    const options = config.use?.launchOptions ?? {};
    const browser = await chromium.launch({
      ...options, ignoreDefaultArgs: UNHINDERED,
      args: [...(options.args ?? []), `--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/${INTENSIVE_AFTER_S}`],
    });
    return new Window(browser, await browser.newBrowserCDPSession());
  }

  /** Opens a tab in front of the others. */
  async tab(url: string): Promise<Tab> {
    const { targetId } = await this.#cdp.send('Target.createTarget', { url });
    const { sessionId } = await this.#cdp.send('Target.attachToTarget', { targetId, flatten: false });
    return new Tab(
      async () => void (await this.#cdp.send('Target.activateTarget', { targetId })),
      (method, params) => this.#ask(sessionId, method, params),
    );
  }

  close(): Promise<void> {
    return this.#browser.close();
  }

  async #ask(sessionId: string, method: string, params: object): Promise<Answer> {
    const id = ++this.#last;
    const answered = new Promise<Answer>((answer) => this.#asked.set(id, answer));
    await this.#cdp.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params }) });
    return answered;
  }
}

export class Tab {
  /** Brings it to the front. */
  readonly show: () => Promise<void>;
  readonly #ask: (method: string, params: object) => Promise<Answer>;

  constructor(show: () => Promise<void>, ask: (method: string, params: object) => Promise<Answer>) {
    this.show = show;
    this.#ask = ask;
  }

  async evaluate<T>(expression: string): Promise<T> {
    const { result, error } = await this.#ask('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    const wrong = error?.message ?? result?.exceptionDetails?.text;
    if (wrong) throw new Error(`${expression}: ${wrong}`);
    return result?.result?.value as T;
  }

  report(): Promise<Report> {
    return this.evaluate<Report>('window.shoal.report()');
  }

  hidden(): Promise<boolean> {
    return this.evaluate<boolean>('document.hidden');
  }

  /** Waits for a picture, and for this many connections. */
  async shares(peers: number): Promise<void> {
    await until(`a tab has ${peers} connections`, async () => {
      const report = await this.report();
      return report.startupMs !== null && report.peers >= peers;
    }, 40_000);
  }

  /** Whether the picture's clock runs. */
  async moves(): Promise<boolean> {
    const time = (): Promise<number> => this.evaluate<number>('document.querySelector("video").currentTime');
    const before = await time();
    await new Promise((resolve) => setTimeout(resolve, 300));
    return (await time()) > before;
  }
}

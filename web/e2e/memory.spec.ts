// A device without memory to spare: sharing ends, by itself or before it began, and the picture does not notice.
import { chromium } from '@playwright/test';
import config from './playwright.config';
import { expect, test } from './harness/house';
import { throughout, until } from './harness/until';
import { Viewer } from './harness/viewer';

const share = '/c/fish?share=yes';

test('a page that gets no more memory shares no more, and plays on without a stall; the others notice nothing', async ({ live, open, elsewhere }) => {
  expect(live.card.channel).toBe('fish');
  const [stays, poor] = [await open(share), await elsewhere(share)];
  await stays.shares(1);
  await poor.shares(1);
  const [stalls, before] = [(await stays.report()).stalls, (await poor.report()).stalls];
  await poor.page.evaluate(() => {
    const ENOUGH = 4_096;
    globalThis.Uint8Array = new Proxy(Uint8Array, {
      construct(real, given: readonly unknown[], as) {
        if (typeof given[0] === 'number' && given[0] > ENOUGH) throw new RangeError('Array buffer allocation failed');
        return Reflect.construct(real, given, as) as object;
      },
    });
  });
  await until('sharing ended by itself', async () => (await poor.report()).engine === 'off', 15_000);
  await throughout(6_000, 1_000, async () => {
    expect(await poor.moves()).toBe(true);
    expect((await poor.report()).stalls).toBe(before);
    expect((await stays.report()).stalls).toBe(stalls);
  });
  expect((await stays.report()).peers).toBe(0);
  expect((await poor.report()).peers).toBe(0);
});

test('where WebAssembly gets no memory the page watches only', async ({ server, live }) => {
  expect(live.card.channel).toBe('fish');
  const { args = [], ...launch } = config.use?.launchOptions ?? {};
  const browser = await chromium.launch({ ...launch, args: [...args, '--js-flags=--wasm-max-mem-pages=16'] }); // 1 MiB
  const viewer = new Viewer(await browser.newPage());
  await viewer.page.goto(server.url + share);
  await viewer.plays();
  await until('the engine was fetched', () => viewer.engines.length > 0, 20_000);
  await throughout(4_000, 1_000, async () => {
    expect(await viewer.moves()).toBe(true);
    expect((await viewer.report()).engine).toBe('off');
  });
  expect((await viewer.report()).stalls).toBe(0);
  await browser.close();
});

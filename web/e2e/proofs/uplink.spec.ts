// What sharing does to a narrow uplink: how much goes out, and how much longer everything else takes meanwhile.
import { expect, test as base, type Browser } from '@playwright/test';
import { rm } from 'node:fs/promises';
import { Netlab, SERVER_HOST, type Kind } from '../harness/netlab';
import { run } from '../harness/program';
import { temporary, type Server } from '../harness/server';
import { launch, left, open, ports, publish, serve, watch } from '../harness/street';
import { throughout, until } from '../harness/until';

/** One who gives, and five on wide lines who give nothing: together they want more than twice what the narrow uplink carries. */
const homes: readonly Kind[] = ['plain', 'open', 'open', 'open', 'open', 'open'];
const GIVER = 0;
const takers = [1, 2, 3, 4, 5];
const UPLINK_KBIT = 2_000;
const MODEM_MS = 300;
const CAP_KBIT = 1_000;
const WARM_MS = 15_000;
const SPAN_S = 20;

interface Street { readonly server: Server; readonly lab: Netlab; readonly browser: () => Promise<Browser> }

const test = base.extend<{ street: Street }>({
  street: async ({}, use) => {
    expect(await Netlab.obstacle()).toBe('');
    const [lab, dir] = [await Netlab.build(homes, ports.httpPort), await temporary()];
    const browsers: Browser[] = [];
    let server: Server | null = null;
    try {
      server = await serve(lab);
      await use({ server, lab, browser: async () => {
        const browser = await launch(dir, lab.host(GIVER));
        browsers.push(browser);
        return browser;
      } });
    } finally {
      for (const browser of browsers) await browser.close();
      await server?.stop();
      await lab.remove();
      await rm(dir, { recursive: true, force: true });
    }
  },
});

/** Round trips in milliseconds, ascending, of a ping every tenth of a second. */
async function ping(space: string, seconds: number): Promise<number[]> {
  const { out } = await run('ip', ['netns', 'exec', space, 'ping', '-n', '-i', '0.1', '-c', String(10 * seconds), SERVER_HOST]);
  return [...out.matchAll(/time=([\d.]+) ms/g)].map((match) => Number(match[1])).sort((a, b) => a - b);
}

const at = (sorted: readonly number[], percent: number): number => sorted[Math.floor(((sorted.length - 1) * percent) / 100)] ?? NaN;

for (const who of ['native', 'browser'] as const) {
  test(`${who}: on an uplink of ${UPLINK_KBIT} kbit/s others' round trips grow by at most 30 ms`, async ({ street }) => {
    const { server, lab, browser } = street;
    await lab.narrow(GIVER, UPLINK_KBIT, MODEM_MS);
    const publisher = await publish(server);
    const native = who === 'native' ? watch(lab, GIVER) : null;
    const tab = who === 'browser' ? await open(await browser()) : null;
    await until('somebody gives', async () => (await server.channel('fish')).viewers === 1, 20_000);
    const others = takers.map((home) => watch(lab, home, '--uplink=-1'));
    const alone = await ping(lab.host(GIVER), 3);
    await throughout(WARM_MS, 1_000, async () => undefined);
    const [sent, from] = [await lab.sent(GIVER), performance.now()];
    const busy = await ping(lab.host(GIVER), SPAN_S);
    const kbit = ((await lab.sent(GIVER)) - sent) * 8 / (performance.now() - from);
    const added = (percent: number): number => at(busy, percent) - (at(alone, 0));
    console.log(`  ${who}: ${kbit.toFixed(0)} of ${UPLINK_KBIT} kbit/s in use; added to a round trip: half ${added(50).toFixed(0)} ms, 95 % ${added(95).toFixed(0)} ms, most ${added(100).toFixed(0)} ms`);
    if (tab) console.log(`  ${JSON.stringify(await tab.report())}`);
    if (native) await left(native);
    await Promise.all([...others.map(left), publisher.stop()]);
    expect(kbit, 'it gives at all').toBeGreaterThan(UPLINK_KBIT / 4);
    expect(added(95)).toBeLessThanOrEqual(30);
  });
}

test('native: what was allowed is kept within 5 %', async ({ street }) => {
  const { server, lab } = street;
  const publisher = await publish(server);
  const native = watch(lab, GIVER, '--uplink', String(CAP_KBIT));
  await until('somebody gives', async () => (await server.channel('fish')).viewers === 1, 20_000);
  const others = takers.map((home) => watch(lab, home, '--uplink=-1'));
  await throughout(WARM_MS, 1_000, async () => undefined);
  const [sent, from] = [await lab.sent(GIVER), performance.now()];
  await throughout(SPAN_S * 1_000, 1_000, async () => undefined);
  const kbit = ((await lab.sent(GIVER)) - sent) * 8 / (performance.now() - from);
  const { uploadBytes, sentBytes } = await left(native);
  const media = (uploadBytes * 8) / (performance.now() - from + WARM_MS);
  console.log(`  native: allowed ${CAP_KBIT} kbit/s; ${kbit.toFixed(0)} on the line, ${(100 * uploadBytes / sentBytes).toFixed(0)} % of what goes to others is media (${media.toFixed(0)} kbit/s over all, its start included)`);
  await Promise.all([...others.map(left), publisher.stop()]);
  expect(kbit).toBeLessThanOrEqual(1.05 * CAP_KBIT);
  expect(kbit, 'and it is used, where more is wanted').toBeGreaterThanOrEqual(0.8 * CAP_KBIT);
});

test('browser: it gives no more than it has watched', async ({ street }) => {
  const { server, lab, browser } = street;
  const publisher = await publish(server);
  const tab = await open(await browser());
  await tab.plays();
  const others = takers.map((home) => watch(lab, home, '--uplink=-1'));
  await tab.shares(takers.length);
  let [pieces, given, line] = [0, 0, 0];
  await throughout(30_000, 1_000, async () => {
    const [{ uploadBytes, httpBytes, peerBytes }, udp, all] = [await tab.report(), await lab.given(GIVER), await lab.sent(GIVER)];
    const watched = httpBytes + peerBytes;
    pieces = Math.max(pieces, uploadBytes / watched);
    given = Math.max(given, udp / watched);
    line = Math.max(line, all / watched);
  });
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  console.log(`  browser: of what it had watched until then it gave at most ${percent(pieces)} in pieces, ${percent(given)} in all, headers and what was sent again included; ${percent(line)} with its requests to the server`);
  await Promise.all([...others.map(left), publisher.stop()]);
  expect(given).toBeLessThanOrEqual(1.05);
  expect(given, 'and it gives, where more is wanted').toBeGreaterThanOrEqual(0.8);
});

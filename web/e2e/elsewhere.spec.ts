// A page of another site plays a channel in two lines: it asks before it shares, keeps out of the page around it, and tells what it did.
import type { ConsoleMessage, Page } from '@playwright/test';
import { findings } from './harness/axe';
import { Embedded, runs } from './harness/embedded';
import { expect, test } from './harness/house';
import { openSite } from './harness/neighbour';
import { throughout, until } from './harness/until';
import { Viewer } from './harness/viewer';

const AT_ONCE_MS = 1_000;

test('the example asks, shares after a yes with a watch page, reports what came from whom, and stops at once', async ({ server, live, open, context }) => {
  const watching = await open(`/c/${live.card.channel}?share=yes`);
  await watching.plays();
  const site = await openSite(server.url, live.card.channel);
  const guest = new Embedded(await context.newPage());
  const { page } = guest;
  await page.goto(site.url);
  await guest.plays();

  // It looks like a player: the picture fills it, and the question lies over the picture.
  const box = async (selector: string): Promise<{ x: number; y: number; width: number; height: number }> => {
    const found = await page.locator(selector).boundingBox();
    if (!found) throw new Error(`there is no ${selector}`);
    return found;
  };
  const whole = await box('shoal-player');
  expect(Math.abs(whole.height - (whole.width * 9) / 16)).toBeLessThan(1);
  expect(await box('shoal-player video')).toEqual(whole);
  const question = await box('shoal-player section');
  expect(question.x >= whole.x && question.y >= whole.y && question.y + question.height <= whole.y + whole.height).toBe(true);

  // Before a yes there is nobody else.
  await expect(page.getByRole('heading', { name: 'Share this stream?' })).toBeVisible();
  await throughout(3_000, 500, async () => {
    expect(await guest.report()).toMatchObject({ consent: 'unset', sharing: 'off', engine: 'off', peers: 0, neighbours: [] });
    expect((await guest.testimony()).made).toBe(0);
  });
  expect(guest.engines).toEqual([]);

  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Share this stream?' })).toBeHidden();
  await guest.shares(1);
  await until('verified bytes come from the watch page', async () => {
    const { peerBytes, piecesVerified, neighbours } = await guest.report();
    return peerBytes > 100_000 && piecesVerified > 0 && (neighbours[0]?.receivedBytes ?? 0) > 0;
  }, 30_000);
  await until('the watch page has bytes from the guest', async () => (await watching.report()).peerBytes > 0, 30_000);
  await guest.plays(); // a busy machine may make it wait for a moment
  const report = await guest.report();
  expect(report).toMatchObject({ state: 'playing', sharing: 'on', consent: 'yes', engine: 'wasm', piecesRefused: 0, viewers: 2 });
  expect(report.deliveredBytes).toBe(report.httpBytes + report.peerBytes);
  expect(report.latencyS).toBeLessThanOrEqual(4);
  const events = await page.locator('#events').innerText();
  expect(events).toContain('statechange {"state":"playing"}');
  expect(events).toContain('"sharing":"on","consent":"yes"');

  // The page around it is as its author left it, and nobody else was asked for anything.
  expect(await page.evaluate(() => [...document.head.querySelectorAll('link, style, script')].map(({ tagName }) => tagName))).toEqual(['STYLE', 'SCRIPT']);
  expect(new Set(guest.asked.map((url) => new URL(url).origin).filter((origin) => origin !== 'null'))).toEqual(new Set([site.url, server.url]));

  await page.getByRole('button', { name: 'Do not share' }).click();
  await until('all connections are closed', async () => (await guest.testimony()).open === 0, AT_ONCE_MS);
  expect(await guest.report()).toMatchObject({ consent: 'no', sharing: 'off', engine: 'off' });
  await runs(page);

  // Taken off the page, it ends.
  await page.evaluate(() => document.querySelector('shoal-player')?.remove());
  await until('the server knows', async () => (await server.channel(live.card.channel)).viewers === 1, 10_000);
  await site.close();
});

test('keys belong to the page until the player has the focus; sharing can be changed with them', async ({ server, live, context }) => {
  const site = await openSite(server.url, live.card.channel);
  const guest = new Embedded(await context.newPage());
  const { page } = guest;
  await page.goto(site.url);
  await guest.plays();
  const state = async (): Promise<string> => (await guest.report()).state;

  await page.locator('h1').click();
  for (const key of ['k', 'm', 'f']) await page.keyboard.press(key);
  await throughout(1_000, 250, async () => expect(await state()).toBe('playing'));
  expect(await page.evaluate(() => document.fullscreenElement)).toBeNull();

  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect(await findings(page), `the question, in ${colorScheme}`).toEqual([]);
  }

  const reached: string[] = [];
  for (let i = 0; i < 12 && !reached.includes('Only from the server'); i++) {
    await page.keyboard.press('Tab');
    reached.push(await focused(page));
  }
  expect(reached.join('\n')).toMatch(/Pause\n[^]*Full screen\nOnly from the server/);
  await page.keyboard.press('k');
  await expect.poll(state).toBe('paused');
  await page.keyboard.press('k');
  await expect.poll(state).toBe('playing');

  await page.keyboard.press('Enter');
  await expect.poll(async () => (await guest.report()).consent).toBe('no');
  await page.getByRole('button', { name: /^Sharing: / }).press('Enter');
  await page.getByRole('radio', { name: 'Watch only from the server' }).focus();
  await page.keyboard.press('ArrowDown');
  expect((await guest.report()).consent).toBe('no');
  await page.keyboard.press('Space');
  expect((await guest.report()).consent).toBe('yes');
  expect(await findings(page), 'the sharing card over the picture').toEqual([]);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('radio', { name: 'Share with other viewers' })).toBeHidden();
  expect(await focused(page)).toMatch(/^Sharing: /);
  await site.close();
});

test('a site with its own hls.js takes the loaders, and shares after a yes', async ({ server, live, open, context }) => {
  const watching = await open(`/c/${live.card.channel}?share=yes`);
  await watching.plays();
  const site = await openSite(server.url, live.card.channel);
  const guest = new Viewer(await context.newPage());
  await guest.page.goto(`${site.url}/own-hls.html`);
  await guest.plays();
  expect(await guest.report()).toMatchObject({ consent: 'unset', engine: 'off' });
  expect((await guest.testimony()).made).toBe(0);
  await guest.page.getByRole('button', { name: 'Share', exact: true }).click();
  await guest.shares(1);
  await until('verified bytes come from the watch page', async () => (await guest.report()).peerBytes > 100_000, 30_000);
  expect(await guest.report()).toMatchObject({ piecesRefused: 0, stalls: 0 });
  await guest.page.getByRole('button', { name: 'Do not share' }).click();
  await until('all connections are closed', async () => (await guest.testimony()).open === 0, AT_ONCE_MS);
  await site.close();
});

test('the server is killed: the player says that it is unreachable, and nothing of its playlists', async ({ server, live, context }) => {
  const site = await openSite(server.url, live.card.channel);
  const guest = new Embedded(await context.newPage());
  await guest.page.goto(site.url);
  await guest.plays();
  await guest.page.evaluate(() => {
    const codes: string[] = [];
    Object.assign(window, { codes });
    document.querySelector('shoal-player')?.addEventListener('error', (event) => codes.push((event as CustomEvent<{ code: string }>).detail.code));
  });
  await server.kill();
  await expect(guest.page.getByText('The server does not answer')).toBeVisible({ timeout: 30_000 });
  await until('it is told as an error', async () => (await guest.report()).trouble !== null, 40_000);
  expect((await guest.report()).trouble).toEqual({ code: 'unreachable', message: expect.stringContaining(`${server.url} does not answer`) as unknown });
  expect(await guest.page.evaluate(() => (window as unknown as { codes: string[] }).codes)).toEqual(['unreachable']);
  await server.again();
  await live.publisher.stop();
  await until('what was said is taken back', async () => (await guest.report()).trouble === null, 40_000);
  await site.close();
});

test.describe('a server that admits no other site', () => {
  test.use({ settings: ['--sites', 'none'] });

  test('plays by the loaders, and they say why a yes is of no use; nobody asks to join in vain', async ({ server, live, context }) => {
    const site = await openSite(server.url, live.card.channel);
    const guest = new Viewer(await context.newPage());
    await guest.page.goto(`${site.url}/own-hls.html`);
    await guest.plays();
    await guest.page.evaluate(() => {
      const told: unknown[] = [];
      Object.assign(window, { told });
      (window.shoal as unknown as EventTarget).addEventListener('sharingchange', (event) => told.push((event as CustomEvent).detail));
    });
    await guest.page.getByRole('button', { name: 'Share', exact: true }).click();
    const trouble = { code: 'unreachable', message: expect.stringContaining('not admit this site') as unknown };
    await throughout(5_000, 500, async () => expect(await guest.report()).toMatchObject({ consent: 'yes', sharing: 'unable', engine: 'off', trouble }));
    expect(await guest.page.evaluate(() => (window as unknown as { told: unknown[] }).told)).toEqual([{ consent: 'yes', sharing: 'unable', rest: null, trouble }]);
    expect(guest.asked.filter((url) => url.endsWith('/join'))).toEqual([]);
    expect((await guest.testimony()).made).toBe(0);
    await site.close();
  });
});

test('under a strict policy of the site it plays all the same; what is written wrong is said in the player; no site says yes for its viewer', async ({ server, live, context }) => {
  const channel = `${server.url}/c/${live.card.channel}`;
  const pageWith = (attributes: string, more = ''): string =>
    `<!doctype html><html lang="en"><title>x</title><script type="module" src="${server.url}/shoal-player.js"></script>${more}<shoal-player ${attributes}></shoal-player></html>`;
  const policy = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval' ${server.url}; connect-src ${server.url} ${server.url.replace('http', 'ws')}; media-src blob:; worker-src blob:; img-src data:`;
  const site = await openSite(server.url, live.card.channel, {
    'plain.html': pageWith(`channel="${channel}" muted`, '<script src="pushy.js"></script>'),
    'pushy.js': `addEventListener('DOMContentLoaded', () => {
      const player = document.querySelector('shoal-player');
      const push = () => player.startSharing().then(() => console.log('pushed: shared'), (error) => console.log('pushed: ' + error.name));
      player.addEventListener('playing', push, { once: true });
    });`,
    'later.html': pageWith(`channel="${channel}" autoplay="false"`),
    'quiet.html': pageWith(`channel="${channel}" sharing="off"`),
    'none.html': pageWith(''),
    'odd.html': pageWith('channel="https://example.org/"'),
    'word.html': pageWith(`channel="${channel}" sharing="always"`),
    'nobody.html': pageWith(`channel="${server.url}/c/nobody"`),
  }, policy);

  const page = await context.newPage();
  const pushed = page.waitForEvent('console', (message: ConsoleMessage) => message.text().startsWith('pushed: '));
  await page.goto(`${site.url}/plain.html`);
  expect((await pushed).text()).toBe('pushed: NotAllowedError');
  const guest = new Embedded(page);
  await guest.plays();
  expect(await guest.report()).toMatchObject({ consent: 'unset', engine: 'off' });
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await until('the engine runs', async () => (await guest.report()).engine === 'wasm', 20_000);

  // The yes counts where the player asks; a page that wants no sharing gets none.
  await page.goto(`${site.url}/quiet.html`);
  await guest.plays();
  await throughout(2_000, 500, async () => expect(await guest.report()).toMatchObject({ consent: 'unset', engine: 'off' }));
  await expect(page.getByRole('heading', { name: 'Share this stream?' })).toBeHidden();
  await expect(page.getByRole('button', { name: /^Sharing: / })).toBeHidden();
  await page.goto('about:blank');

  const later = new Embedded(page);
  await page.goto(`${site.url}/later.html`);
  await page.getByRole('button', { name: 'Play fish' }).waitFor();
  expect(later.asked.filter((url) => /\/hls\/.+\.(m3u8|m4s|mp4)|hls\.js-/.test(url)), 'neither media nor hls.js before a press').toEqual([]);
  await page.getByRole('button', { name: 'Play fish' }).click();
  await later.plays();

  for (const [name, words] of Object.entries({
    'none.html': 'This player has no channel. Write channel="https://SERVER/c/NAME".',
    'odd.html': 'channel="https://example.org/" is not the address of a channel.',
    'word.html': 'sharing="always" is none of ask, on and off.',
  })) {
    await page.goto(`${site.url}/${name}`);
    await expect(page.getByRole('alert').getByText(words)).toBeVisible();
  }
  await page.goto(`${site.url}/nobody.html`);
  await expect(page.getByText('There is no channel called nobody here')).toBeVisible();
  await site.close();
});

/** What has the focus, also in a shadow: its label or words. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at?.getAttribute('aria-label') ?? at?.textContent?.trim() ?? '';
  });
}

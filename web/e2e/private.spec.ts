// A private channel: with a pass it plays and is shared, on the server's page and on another site; without one nothing of it is to be had.
import { Embedded } from './harness/embedded';
import { expect, test } from './harness/house';
import { openSite } from './harness/neighbour';
import { until } from './harness/until';

test.use({ settings: ['--private', 'fish'] });

test('who has a pass watches and shares, also on another site; who has none gets nothing, and is told so', async ({ server, live, open, context }) => {
  const pass = await server.pass(live.card.channel);
  const over = await server.pass(live.card.channel, '1s');
  const watching = await open(`/c/fish?share=yes&token=${pass}`);
  await watching.plays();

  const page = (attributes: string): string => `<!doctype html><html lang="en"><title>x</title><script type="module" src="${server.url}/shoal-player.js"></script>
    <shoal-player channel="${server.url}/c/fish" ${attributes}></shoal-player></html>`;
  const site = await openSite(server.url, 'fish', { 'pass.html': page(`token="${pass}"`), 'none.html': page(''), 'over.html': page(`token="${over}"`) });
  const guest = new Embedded(await context.newPage());
  await guest.page.goto(`${site.url}/pass.html`);
  await guest.plays();
  await guest.page.getByRole('button', { name: 'Share', exact: true }).click();
  await guest.shares(1);
  await until('verified bytes come from the watch page', async () => (await guest.report()).peerBytes > 100_000, 30_000);
  expect(await guest.report()).toMatchObject({ state: 'playing', piecesRefused: 0 });
  const missed = guest.asked.filter((url) => /\/(hls|api\/v1\/channels)\//.test(url) && !url.includes(`token=${pass}`));
  expect(missed, 'everything that is asked of the channel is asked with the pass').toEqual([]);

  for (const path of ['/api/v1/channels/fish', '/hls/fish/master.m3u8', '/hls/fish/0.m3u8', `/hls/fish/${(await server.channel('fish', pass)).epoch}/0/p1.m4s`]) {
    expect((await fetch(server.url + path)).status, path).toBe(403);
    expect((await fetch(`${server.url}${path}?token=${over}`)).status, path).toBe(403);
  }
  expect(await (await fetch(`${server.url}/api/v1/channels`)).json()).toEqual([]);

  const { page: other } = guest;
  await other.goto(`${site.url}/none.html`);
  await expect(other.getByText('fish is private')).toBeVisible();
  await expect(other.getByText('This link holds no pass to it.')).toBeVisible();
  await other.goto(`${site.url}/over.html`);
  await expect(other.getByText('The pass in this link is over.')).toBeVisible();
  await other.goto(`${server.url}/c/fish`);
  await expect(other.getByText('fish is private')).toBeVisible();
  await other.goto(`${server.url}/c/fish?token=x`);
  await expect(other.getByText('The pass in this link is wrong.')).toBeVisible();
  expect(server.log()).not.toContain(pass);
  await site.close();
});

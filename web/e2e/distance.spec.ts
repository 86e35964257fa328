// How far behind live a page on another site asks to be.
import { expect, test } from './harness/house';
import { throughout, until } from './harness/until';
import type { Viewer } from './harness/viewer';

test('a frame keeps the distance to live that its address asks for, also beside others, and says what is wrong with one it cannot keep', async ({ live, open, page, server }) => {
  const far = await open(`/embed/${live.card.channel}?share=yes&latency=5`);
  const usual = await open(`/embed/${live.card.channel}?share=yes`);
  const near = async (distanceS: number, viewer: Viewer): Promise<boolean> => Math.abs(((await viewer.report()).latencyS ?? 0) - distanceS) < 0.3;
  for (const viewer of [far, usual]) await viewer.shares(1);
  await until('each is as far behind live as was asked', async () => (await near(5, far)) && (await near(3, usual)), 60_000);
  const { peerBytes } = await far.report();
  await throughout(3_000, 500, async () => {
    for (const viewer of [far, usual]) expect((await viewer.report()).stalls).toBe(0);
  });
  expect((await far.report()).peerBytes, 'who is further behind has it from who is nearer').toBeGreaterThan(peerBytes);

  await page.goto(`${server.url}/embed/${live.card.channel}?latency=1`);
  await expect(page.getByRole('alert')).toContainText('latency="1" is not a number of seconds from 2 to 10.');
  expect(await page.locator('video').count()).toBe(0);
});

test('viewers keep the distance that the channel is given, and follow while they watch', async ({ live, open, server }) => {
  const say = async (latency: string): Promise<void> => {
    const answer = await fetch(`${server.url}/api/v1/channels/${live.card.channel}/settings`, {
      method: 'PATCH', headers: { Authorization: `Bearer ${live.card.stream_key}` }, body: JSON.stringify({ latency }),
    });
    expect(answer.status).toBe(200);
    await until('the server follows', async () => (await (await fetch(`${server.url}/api/v1/channels/${live.card.channel}`)).text()).includes(`"latency_s":${latency.slice(0, -1)}`), 10_000);
  };
  const near = async (distanceS: number, viewer: Viewer): Promise<boolean> => Math.abs(((await viewer.report()).latencyS ?? 0) - distanceS) < 0.3;
  await say('5s');
  const page = await open(`/c/${live.card.channel}`);
  const frame = await open(`/embed/${live.card.channel}?latency=4`);
  for (const viewer of [page, frame]) await viewer.plays();
  await until('the page is as far behind as the channel says, and the frame as its address asks', async () => (await near(5, page)) && (await near(4, frame)), 60_000);
  await say('3s');
  await until('the page follows', () => near(3, page), 60_000);
  expect(await near(4, frame), 'the frame does not').toBe(true);
  for (const viewer of [page, frame]) expect((await viewer.report()).stalls).toBe(0);
});

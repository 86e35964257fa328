// A page that its browser keeps whole while the viewer is elsewhere, and gives back: the back/forward cache. Playwright cannot drive one, so
// the page is told what a browser would tell it; it is not stopped in between.
import { expect, test } from './harness/house';
import { until } from './harness/until';

const share = '/c/fish?share=yes';

test('who leaves is gone for the others at once, and shares again when the browser gives the page back', async ({ live, open, elsewhere }) => {
  expect(live.card.channel).toBe('fish');
  const [stays, leaves] = [await open(share), await elsewhere(share)];
  await leaves.shares(1);
  await stays.shares(1);
  const { stalls } = await stays.report();
  const tell = (event: string): Promise<boolean> =>
    leaves.page.evaluate((name) => dispatchEvent(new PageTransitionEvent(name, { persisted: true })), event);

  await tell('pagehide');
  await until('the one who stays has no neighbour', async () => (await stays.report()).peers === 0, 5_000);
  await tell('pageshow');
  await leaves.shares(1);
  await stays.shares(1);
  const before = (await leaves.report()).peerBytes + (await stays.report()).peerBytes;
  await until('more comes from viewers', async () => (await leaves.report()).peerBytes + (await stays.report()).peerBytes > before, 15_000);
  expect(await leaves.moves()).toBe(true);
  expect((await leaves.report()).stalls).toBe(0);
  expect((await stays.report()).stalls).toBe(stalls);
});

// Two tabs of one viewer.
import { expect, test } from './harness/house';
import { throughout, until } from './harness/until';

const share = '/c/fish?share=yes';

test('two tabs of one viewer share like two viewers; one is closed, or one says no, and nobody\'s picture suffers', async ({ live, open, elsewhere }) => {
  expect(live.card.channel).toBe('fish');
  const [one, two, third] = [await open(share), await open(share), await open(share)];
  const other = await elsewhere(share);
  for (const viewer of [one, two, third, other]) await viewer.shares(3);
  await until('each tab has something from viewers', async () => {
    const reports = await Promise.all([one, two, third].map((viewer) => viewer.report()));
    return reports.every(({ peerBytes }) => peerBytes > 100_000);
  }, 30_000);
  const stalls = await Promise.all([one, two, other].map(async (viewer) => (await viewer.report()).stalls));
  const steady = async (): Promise<void> => {
    for (const [i, viewer] of [one, two, other].entries()) expect((await viewer.report()).stalls).toBe(stalls[i]);
  };

  await third.page.close();
  await until('the others know', async () => (await one.report()).peers === 2 && (await other.report()).peers === 2, 5_000);
  await throughout(2_000, 500, steady);

  // A no is the viewer's, not the tab's: it ends sharing in both, at once.
  await one.page.getByRole('radio', { name: 'Watch only from the server' }).check();
  for (const tab of [one, two]) {
    await until('all its connections are closed', async () => (await tab.testimony()).open === 0, 1_000);
    expect(await tab.report()).toMatchObject({ consent: 'no', sharing: 'off', engine: 'off', peers: 0 });
  }
  await throughout(3_000, 500, steady);
  for (const viewer of [one, two, other]) expect(await viewer.moves()).toBe(true);

  // A yes counts where it was said.
  await two.page.getByRole('radio', { name: 'Share with other viewers' }).check();
  await two.shares(1);
  expect(await one.report()).toMatchObject({ consent: 'no', engine: 'off' });
});

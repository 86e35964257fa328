// A channel whose streamer says that its viewers do not share: nobody is asked, nobody shares, and who did stops at once.
import { expect, test } from './harness/house';
import { throughout, until } from './harness/until';

/** From when the server knows. It reads settings once a second. */
const AT_ONCE_MS = 1_000;

test('where viewers may not share nobody is asked and no engine is loaded; who shares when that is said stops at once, and goes on when it is taken back', async ({ live, open, server }) => {
  const address = `${server.url}/api/v1/channels/${live.card.channel}`;
  const say = async (sharing: string): Promise<void> => {
    const answer = await fetch(`${address}/settings`, { method: 'PATCH', headers: { Authorization: `Bearer ${live.card.stream_key}` }, body: JSON.stringify({ sharing }) });
    expect(answer.status).toBe(200);
    const word = sharing || 'ask';
    await until('the server follows', async () => ((await (await fetch(address)).json()) as { sharing: { mode: string } }).sharing.mode === word, 5_000);
  };
  const shoal = [await open('/c/fish?share=yes'), await open('/c/fish?share=yes')];
  for (const viewer of shoal) await viewer.shares(1);

  await say('off');
  for (const viewer of shoal) await until('all connections are closed', async () => (await viewer.testimony()).open === 0, AT_ONCE_MS);
  const made = await Promise.all(shoal.map(async (viewer) => (await viewer.testimony()).made));

  const late = await open('/c/fish?share=yes');
  const frame = await open('/embed/fish');
  for (const viewer of [late, frame]) await viewer.plays();
  await throughout(6_000, 500, async () => {
    for (const [n, viewer] of shoal.entries()) {
      expect(await viewer.testimony()).toMatchObject({ made: made[n], open: 0 });
      expect(await viewer.report()).toMatchObject({ engine: 'off', sharing: 'off', peers: 0, stalls: 0 });
    }
    for (const viewer of [late, frame]) expect((await viewer.testimony()).made).toBe(0);
  });
  expect([...late.engines, ...frame.engines]).toEqual([]);
  for (const viewer of [...shoal, late]) {
    await expect(viewer.page.getByRole('heading', { name: 'Viewers do not share here' })).toBeVisible();
    await expect(viewer.page.getByRole('radio')).toHaveCount(0);
    expect(await viewer.moves()).toBe(true);
  }
  await expect(frame.page.getByText('Share this stream?')).toHaveCount(0);

  await say('');
  for (const viewer of [...shoal, late]) await viewer.shares(1);
  await expect(late.page.getByRole('heading', { name: 'You share this stream' })).toBeVisible();
});

// Nobody shares without a yes, a yes takes effect at once, and so does taking it back.
import { expect, test } from './harness/house';
import { throughout, until } from './harness/until';

/** What the card promises: at once. */
const AT_ONCE_MS = 1_000;

test('without a yes there is no peer connection and no engine; with one there is; taken back, all of it ends at once', async ({ live, open, elsewhere }) => {
  expect(live.card.channel).toBe('fish');
  const others = [await open('/c/fish?share=yes'), await open('/c/fish?share=yes')];
  for (const other of others) await other.shares(1);

  const guest = await elsewhere('/c/fish');
  await guest.plays();
  await throughout(10_000, 500, async () => {
    const { made } = await guest.testimony();
    const { engine, consent, stalls } = await guest.report();
    expect({ made, engine, consent, stalls }).toEqual({ made: 0, engine: 'off', consent: 'unset', stalls: 0 });
  });
  expect(guest.engines).toEqual([]);

  await guest.page.getByRole('radio', { name: 'Share with other viewers' }).check();
  await guest.shares(2);
  await until('the guest gives', async () => (await guest.report()).uploadBytes > 0, 20_000);
  expect(guest.engines).toHaveLength(1);
  expect((await guest.report()).consent).toBe('yes');

  await guest.page.getByRole('radio', { name: 'Watch only from the server' }).check();
  await until('all connections are closed', async () => (await guest.testimony()).open === 0, AT_ONCE_MS);
  const { made, sent } = await guest.testimony();
  const { uploadBytes } = await guest.report();
  await throughout(8_000, 500, async () => {
    expect(await guest.testimony()).toMatchObject({ made, sent, open: 0 });
    expect(await guest.report()).toMatchObject({ uploadBytes, engine: 'off', consent: 'no', stalls: 0, peers: 0 });
  });
  expect(await guest.moves()).toBe(true);
  for (const other of others) await until('the others know', async () => (await other.report()).peers === 1, 5_000);

  // The choice is remembered in this browser: a new tab does not share either.
  const again = await elsewhere('/c/fish');
  await again.plays();
  expect(await again.report()).toMatchObject({ consent: 'no', engine: 'off' });
  expect((await again.testimony()).made).toBe(0);
});

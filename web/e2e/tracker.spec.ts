// The tracker can go and come back: pictures play on, connections between viewers stay, and everybody finds it again.
import { expect, test } from './harness/house';
import { throughout, until } from './harness/until';

test('the tracker is restarted: no stall, and viewers come back to it', async ({ server, live, open }) => {
  expect(live.card.channel).toBe('fish');
  const viewers = [await open('/c/fish?share=yes'), await open('/c/fish?share=yes'), await open('/c/fish')];
  const [first, second, guest] = viewers as [typeof viewers[0] & object, typeof viewers[0] & object, typeof viewers[0] & object];
  await first.shares(1);
  await second.shares(1);
  await guest.plays();
  await until('the tracker counts three', async () => (await server.channel('fish')).viewers === 3, 10_000);
  const before = await first.report();

  server.program.signal('SIGHUP');
  await server.program.line(/the tracker starts anew/, 10_000);
  await until('all came back', async () => (await server.channel('fish')).viewers === 3, 20_000);
  await throughout(8_000, 1_000, async () => {
    for (const viewer of viewers) expect((await viewer.report()).stalls).toBe(0);
  });
  for (const viewer of viewers) expect(await viewer.moves()).toBe(true);
  const after = await first.report();
  expect(after.peers).toBeGreaterThanOrEqual(1);
  expect(after.peerBytes + after.uploadBytes, 'viewers still pass the stream on').toBeGreaterThan(before.peerBytes + before.uploadBytes);

  const newcomer = await open('/c/fish?share=yes');
  await newcomer.shares(2);
});

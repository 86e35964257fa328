// Two viewers of the same recording, a little apart: what the one in front has, the other gets from it, and all of it is checked.
import { expect, test } from './harness/house';
import { publish } from './harness/publisher';
import { until } from './harness/until';

test('viewers of a recording pass it on to each other', async ({ server, open }) => {
  const card = await server.addChannel('fish');
  const publisher = await publish(server, card, { speed: 5 });
  await until('a minute and a half is recorded', async () => ((await (await fetch(`${server.url}/api/v1/channels/fish/recordings`)).json()) as { lasts_s: number }[])[0]!.lasts_s > 90, 60_000);
  await publisher.stop();
  await server.kill();
  await server.again();
  const [recording] = (await (await fetch(`${server.url}/api/v1/channels/fish/recordings`)).json()) as { page: string }[];

  const ahead = await open(`${recording!.page}?share=yes`);
  await ahead.plays();
  await until('it plays on for some seconds', async () => (await ahead.page.evaluate(() => document.querySelector('video')?.currentTime ?? 0)) > 6, 20_000);
  const behind = await open(`${recording!.page}?share=yes`);
  await behind.plays();
  await behind.shares(1, 40_000);
  await until('the one behind has much from the one ahead', async () => (await behind.report()).peerBytes > 500_000, 60_000);

  for (const viewer of [ahead, behind]) expect(await viewer.report()).toMatchObject({ stalls: 0, piecesRefused: 0, engine: 'wasm' });
  expect((await ahead.report()).uploadBytes).toBeGreaterThan(400_000);
  expect((await server.figures()).sum('shoal_pieces_verified_total')).toBeGreaterThan(0);
});

// A publisher whose line breaks and who comes back within the window continues the broadcast: the page plays on by itself, as far
// behind live as before.
import { expect, test } from './harness/house';
import { publish } from './harness/publisher';
import { throughout, until } from './harness/until';

test('the publisher is killed and comes back over another protocol: the page plays on, in the same epoch, over a discontinuity', async ({ server, live, open }) => {
  const viewers = [await open('/c/fish?share=yes'), await open('/c/fish')];
  for (const viewer of viewers) await viewer.plays();
  const { epoch } = await server.channel('fish');
  let loads = 0;
  for (const viewer of viewers) viewer.page.on('load', () => loads++);

  live.publisher.signal('SIGKILL');
  for (const viewer of viewers) await until('the picture ran out', async () => !(await viewer.moves()), 15_000);
  live.publisher = await publish(server, live.card, { over: 'srt' });

  for (const viewer of viewers) {
    await until('the picture moves again', () => viewer.moves(), 15_000);
    await until('it is close to live', async () => ((await viewer.report()).latencyS ?? Infinity) <= 4, 20_000);
  }
  await throughout(3_000, 250, async () => {
    for (const viewer of viewers) expect((await viewer.report()).latencyS, 'seconds behind live, of 3 that are meant').toBeGreaterThan(2.5);
  });
  expect(loads).toBe(0);
  expect((await server.channel('fish')).epoch).toBe(epoch);
  for (const track of [0, 1]) {
    expect(await (await fetch(`${server.url}/hls/fish/${track}.m3u8`)).text()).toContain('\n#EXT-X-DISCONTINUITY\n');
  }
});

// Where UDP does not pass, viewers who said yes watch from the server and miss nothing.
import config from './playwright.config';
import { expect, test } from './harness/house';
import { throughout } from './harness/until';

const launch = config.use?.launchOptions ?? {};
const policy = 'disable_non_proxied_udp';

test.use({
  launchOptions: {
    ...launch,
    // The second is what older Chromiums call it.
    args: [...(launch.args ?? []), `--webrtc-ip-handling-policy=${policy}`, `--force-webrtc-ip-handling-policy=${policy}`],
  },
});

test('with UDP blocked, viewers who would share play from the server', async ({ live, open }) => {
  expect(live.card.channel).toBe('fish');
  const viewers = [await open('/c/fish?share=yes'), await open('/c/fish?share=yes')];
  for (const viewer of viewers) await viewer.shares(0);
  await throughout(15_000, 1_000, async () => {
    for (const viewer of viewers) {
      expect(await viewer.report()).toMatchObject({ stalls: 0, engine: 'wasm', consent: 'yes', peers: 0, peerBytes: 0 });
      expect((await viewer.report()).latencyS).toBeLessThanOrEqual(4);
    }
  });
  for (const viewer of viewers) {
    expect((await viewer.testimony()).made, 'it was tried').toBeGreaterThan(0);
    expect(await viewer.moves()).toBe(true);
  }
});

// A browser that lacks what sharing needs plays plain HLS, and says so in words.
import { expect, test } from './harness/house';
import { throughout } from './harness/until';

const lacks: Readonly<Record<string, () => void>> = {
  WebRTC: () => {
    Reflect.deleteProperty(window, 'RTCPeerConnection');
  },
  WebAssembly: () => {
    Reflect.deleteProperty(window, 'WebAssembly');
  },
  Ed25519: () => {
    const real = SubtleCrypto.prototype.importKey as (...given: unknown[]) => Promise<CryptoKey>;
    SubtleCrypto.prototype.importKey = function (this: SubtleCrypto, ...given: unknown[]) {
      const algorithm = given[2] as string | { name: string };
      const name = typeof algorithm === 'string' ? algorithm : algorithm.name;
      if (name === 'Ed25519') return Promise.reject(new DOMException('Unrecognized name.', 'NotSupportedError'));
      return real.apply(this, given);
    } as SubtleCrypto['importKey'];
  },
};

for (const [lack, remove] of Object.entries(lacks)) {
  test(`without ${lack} a viewer who would share plays from the server, and is told`, async ({ context, live, open }) => {
    expect(live.card.channel).toBe('fish');
    await context.addInitScript(remove);
    const viewer = await open('/c/fish?share=yes');
    await viewer.plays();
    await expect(viewer.page.getByText('This browser watches from the server: it cannot share. Nothing is lost by it.')).toBeVisible();
    await throughout(6_000, 1_000, async () => {
      expect(await viewer.report()).toMatchObject({ stalls: 0, engine: 'off', peers: 0 });
      expect((await viewer.report()).latencyS).toBeLessThanOrEqual(4);
    });
    expect(await viewer.moves()).toBe(true);
    expect(await viewer.testimony()).toMatchObject({ made: 0 });
    expect(viewer.engines, 'nothing is downloaded that cannot be used').toEqual([]);
  });
}

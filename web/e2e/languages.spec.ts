// Several sounds of one picture: a viewer chooses the language, hears it without a stall, and is sent no other; it is remembered.
import { expect, test } from './harness/house';
import { throughout, until } from './harness/until';
import type { Viewer } from './harness/viewer';

const TURN_MS = 15_000;
const SPAN_MS = 6_000;

test.use({ picture: { over: 'srt', languages: ['eng', 'deu'] } });

/** Listens to the page's picture from now on. */
async function listen(viewer: Viewer): Promise<void> {
  await viewer.page.evaluate(() => {
    const video = document.querySelector('video');
    if (!video) throw new Error('there is no picture');
    const context = new AudioContext();
    const ear = context.createAnalyser();
    ear.fftSize = 4096;
    context.createMediaElementSource(video).connect(ear).connect(context.destination);
    Object.assign(window, { pitch: () => {
      const loud = new Uint8Array(ear.frequencyBinCount);
      ear.getByteFrequencyData(loud);
      const top = loud.indexOf(Math.max(...loud));
      return Math.max(...loud) === 0 ? 0 : (top * context.sampleRate) / ear.fftSize;
    } });
  });
}

/** The tone that is heard, in Hz. */
function pitch(viewer: Viewer): Promise<number> {
  return viewer.page.evaluate(() => (window as unknown as { pitch(): number }).pitch());
}

function hears(viewer: Viewer, hertz: number): Promise<true> {
  return until(`a tone of ${hertz} Hz`, async () => Math.abs((await pitch(viewer)) - hertz) < 30 || undefined, TURN_MS);
}

/** Which tracks' media were asked for since. */
function asked(viewer: Viewer, since: number): string[] {
  const tracks = viewer.asked.slice(since).map((url) => /\/(\d)\/[ps]\d+\.m4s/.exec(url)?.[1]);
  return [...new Set(tracks.filter((track) => track !== undefined))].sort();
}

test('a viewer turns to another language without a stall, and alone to it', async ({ live, open }) => {
  const viewer = await open(`/c/${live.card.channel}`);
  await viewer.plays();
  await listen(viewer);
  const menu = viewer.page.getByLabel('Language');
  expect(await menu.locator('option').allTextContents()).toEqual(['English', 'Deutsch']);
  await hears(viewer, 440);
  const before = await viewer.report();

  await menu.focus();
  await viewer.page.keyboard.press('ArrowDown');
  await hears(viewer, 880);
  const since = viewer.asked.length;
  await throughout(SPAN_MS, 500, async () => {
    expect(Math.abs((await pitch(viewer)) - 880), 'nothing of the other sound').toBeLessThan(30);
  });
  expect(asked(viewer, since), 'the picture and the chosen sound').toEqual(['0', '2']);
  const after = await viewer.report();
  expect(after.stalls).toBe(before.stalls);
  expect(after.latencyS).toBeLessThanOrEqual(4);

  await viewer.page.reload();
  await viewer.plays();
  await listen(viewer);
  await hears(viewer, 880);
  expect(await menu.locator('option:checked').textContent()).toBe('Deutsch');
});

test('viewers of one language share it, and the one who turns goes to the others', async ({ live, open }) => {
  const channel = `/c/${live.card.channel}?share=yes`;
  const [one, two] = [await open(channel), await open(channel)];
  for (const viewer of [one, two]) await viewer.plays();
  for (const viewer of [one, two]) await viewer.shares(1);
  await until('they share', async () => (await one.report()).peerBytes + (await two.report()).peerBytes > 50_000, 30_000);
  // A broadcast that has just begun leaves less ahead than turning takes.
  await until('they have as much ahead as usual', async () => {
    const [a, b] = [await one.report(), await two.report()];
    return Math.min(a.latencyS ?? 0, b.latencyS ?? 0) > 2.8;
  }, 60_000);
  const menu = one.page.getByLabel('Language');
  await menu.selectOption({ label: 'Deutsch' });
  await two.page.getByLabel('Language').selectOption({ label: 'Deutsch' });
  await throughout(4_000, 1_000, async () => undefined);
  const before = (await one.report()).peerBytes + (await two.report()).peerBytes;
  await until('they share the other language, too', async () => (await one.report()).peerBytes + (await two.report()).peerBytes > before + 50_000, 30_000);
  const now = [await one.report(), await two.report()];
  expect(now.map(({ stalls }) => stalls)).toEqual([0, 0]);
  expect(now.map(({ piecesRefused }) => piecesRefused)).toEqual([0, 0]);
});

// Subtitles beside the picture: text that is sent while it is live, and a file beside a recording, read in the player.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from './harness/house';
import { run } from './harness/program';
import { shoal } from './harness/server';
import { throughout, until } from './harness/until';
import type { Viewer } from './harness/viewer';

const SHOWN_MS = 15_000;

/** What stands over the picture now; null while nothing is shown. */
function reads(viewer: Viewer): Promise<string | null> {
  return viewer.page.evaluate(() => {
    const shown = [...(document.querySelector('video')?.textTracks ?? [])].find(({ mode }) => mode === 'showing');
    return shown ? [...(shown.activeCues ?? [])].map((cue) => (cue as VTTCue).text).join('|') : null;
  });
}

test('what is sent while it is live is read by viewers, in time, in the language that they choose', async ({ server, live, open }) => {
  const say = async (body: string, lang: string, key = live.card.stream_key): Promise<number> => {
    const answer = await fetch(`${server.url}/api/v1/channels/fish/captions?lang=${lang}`, { method: 'POST', headers: { Authorization: `Bearer ${key}` }, body });
    return answer.status;
  };
  expect(await say('WEBVTT', 'en', 'not-the-key')).toBe(401);
  expect(await say('WEBVTT', '')).toBe(400);
  expect(await say('Hello', 'en')).toBe(400);
  expect(await say('WEBVTT', 'eng')).toBe(204);
  expect(await say('WEBVTT', 'de')).toBe(204);

  const viewer = await open('/c/fish');
  await viewer.plays();
  await viewer.page.getByRole('button', { name: 'Captions' }).click();
  const choice = viewer.page.getByLabel('Which captions');
  await choice.selectOption({ label: 'English' });

  const said = performance.now();
  expect(await say('WEBVTT\n\n00:00.000 --> 00:05.000\nThe tide comes in', 'en')).toBe(204);
  expect(await say('WEBVTT\n\n00:00.000 --> 00:05.000\nDie Flut kommt', 'de')).toBe(204);
  await until('it is read', async () => (await reads(viewer)) === 'The tide comes in', SHOWN_MS);
  const after = performance.now() - said;
  const behind = ((await viewer.report()).latencyS ?? 0) * 1000;
  console.log(`  read ${after.toFixed(0)} ms after it was said, ${behind.toFixed(0)} ms behind live`);
  expect(Math.abs(after - behind), 'as late as the picture').toBeLessThan(1_500);
  await choice.selectOption({ label: 'Deutsch' });
  await until('the other language is read', async () => (await reads(viewer)) === 'Die Flut kommt', SHOWN_MS);
  await until('it goes', async () => (await reads(viewer)) === '', SHOWN_MS);
  expect((await viewer.report()).stalls).toBe(0);
});

test.describe('of a recording', () => {
  test.use({ settings: ['--reconnect-window', '1s'], picture: { speed: 4 } });

  test('a file of the owner is read', async ({ server, live, open }) => {
    await throughout(4_000, 500, async () => undefined);
    await live.publisher.stop();
    const list = async (): Promise<{ epoch: number; live: boolean }[]> => (await (await fetch(`${server.url}/api/v1/channels/fish/recordings`)).json()) as { epoch: number; live: boolean }[];
    const epoch = await until('it is whole', async () => (await list()).find(({ live: on }) => !on)?.epoch, SHOWN_MS);
    const file = join(server.dir, 'words.vtt');
    await writeFile(file, 'WEBVTT\n\n00:01.000 --> 00:09.000\nWhat was said\n');
    const put = await run(shoal, ['recording', 'captions', 'fish', String(epoch), file, '--lang', 'en', '--data', server.dir]);
    expect(put.out + put.err).toContain(`Recording ${epoch} of fish has 1 subtitle in English.`);

    const viewer = await open(`/c/fish/r/${epoch}`);
    await viewer.plays();
    await viewer.page.keyboard.press('c');
    await until('it is read', async () => (await reads(viewer)) === 'What was said', SHOWN_MS);
    const at = await viewer.page.evaluate(() => document.querySelector('video')?.currentTime ?? 0);
    expect(at).toBeGreaterThan(0.9);
  });

  test('what was said live is read at its time, in the recording and in a clip', async ({ server, live, open }) => {
    const ask = (path: string, body: string): Promise<Response> => fetch(`${server.url}/api/v1/channels/fish/${path}`, {
      method: 'POST', headers: { Authorization: `Bearer ${live.card.stream_key}`, 'Content-Type': 'application/json' }, body,
    });
    await throughout(2_000, 500, async () => undefined);
    expect((await ask('captions?lang=en', 'WEBVTT\n\n00:00.000 --> 00:09.000\nThe tide comes in')).status).toBe(204);
    await throughout(3_000, 500, async () => undefined); // some ten seconds more, of which the clip has all but an open segment
    const clip = (await (await ask('clips', '{"last_s":60}')).json()) as { page: string };
    await live.publisher.stop();
    type Kept = { epoch: number; live: boolean; page: string };
    const list = async (): Promise<Kept[]> => (await (await fetch(`${server.url}/api/v1/channels/fish/recordings`)).json()) as Kept[];
    const whole = await until('it is whole', async () => (await list()).find(({ live: on }) => !on), SHOWN_MS);

    const file = await (await fetch(`${server.url}/hls/fish/${whole.epoch}/text.en.vtt`)).text();
    const [, minute, second] = /(\d\d):(\d\d\.\d{3}) -->/.exec(file) ?? [];
    const from = Number(minute) * 60 + Number(second);
    expect(from, file).toBeGreaterThan(1);
    for (const page of [whole.page, clip.page]) {
      const viewer = await open(page);
      await viewer.plays();
      if (page === whole.page) await viewer.page.keyboard.press('c'); // the choice is remembered
      await until(`nothing is said at the beginning of ${page}`, async () => (await reads(viewer)) === '', SHOWN_MS);
      await viewer.page.evaluate((to) => { (document.querySelector('video') as HTMLVideoElement).currentTime = to; }, from + 0.2);
      await until(`it is read on ${page}`, async () => (await reads(viewer)) === 'The tide comes in', SHOWN_MS);
    }
  });
});

import { beforeEach, expect, test, vi } from 'vitest';
import type { Player } from '../../player/player';
import { Past } from './past.svelte';

const AT_ONCE = 100;
let newest = 0;
let asked: string[] = [];
const line = (epoch: number) => ({ epoch, started: '2026-11-22T10:00:00Z', lasts_s: 10, page: `/c/fish/r/${epoch}`, hls: `/hls/fish/${epoch}/master.m3u8` });

/** A server that keeps recordings 1 to newest, and one clip. */
beforeEach(() => {
  newest = 250;
  asked = [];
  vi.stubGlobal('fetch', (path: string) => {
    asked.push(path);
    const { pathname, searchParams } = new URL(path, 'http://here');
    const epoch = Number(/\/recordings\/(\d+)$/.exec(pathname)?.[1] ?? 0);
    if (pathname.endsWith('/recordings')) {
      const below = Number(searchParams.get('before') ?? newest + 1);
      const body = Array.from({ length: Math.min(AT_ONCE, below - 1) }, (_, n) => line(below - 1 - n));
      return Promise.resolve(Response.json(body));
    }
    if (epoch > 0 && epoch <= newest) return Promise.resolve(Response.json(line(epoch)));
    if (pathname.endsWith('/clips/abcdefgh27')) return Promise.resolve(Response.json({ ...line(3), clip: 'abcdefgh27' }));
    return Promise.resolve(new Response('', { status: 404 }));
  });
});

const past = (): Past => new Past({ base: '', name: 'fish', token: 'a' });
const player = () => ({ replay: vi.fn() });

test('a link to what the list ends before plays all the same', async () => {
  const [kept, plays] = [past(), player()];
  expect(await kept.open(plays as unknown as Player, 7)).toBe(true);
  expect(kept.recordings.some((each) => each.epoch === 7)).toBe(false);
  expect(kept.playing?.epoch).toBe(7);
  expect(await kept.openClip(plays as unknown as Player, 'abcdefgh27')).toBe(true);
  expect(plays.replay.mock.calls).toEqual([['/hls/fish/7/master.m3u8', 0], ['/hls/fish/3/master.m3u8', 0]]);
  expect(await kept.open(plays as unknown as Player, 999)).toBe(false);
  expect(await kept.openClip(plays as unknown as Player, 'abcdefgh22')).toBe(false);
  expect(asked.every((path) => path.includes('token=a'))).toBe(true);
});

test('older recordings come when they are asked for, and stay when the list is asked for again', async () => {
  const kept = past();
  await kept.list(0, false);
  expect([kept.recordings.length, kept.more]).toEqual([100, true]);
  await Promise.all([kept.listOlder(), kept.listOlder()]); // a hand that presses twice
  expect([kept.recordings.length, kept.more]).toEqual([200, true]);
  await kept.listOlder();
  expect([kept.recordings.length, kept.more]).toEqual([250, false]);
  newest = 251;
  await kept.listAnew();
  expect(kept.recordings.map((each) => each.epoch)).toEqual(Array.from({ length: 251 }, (_, n) => 251 - n));
  expect(kept.more).toBe(false);
});

test('a short list has no older ones', async () => {
  newest = 3;
  const kept = past();
  await kept.list(0, false);
  expect([kept.recordings.length, kept.more]).toEqual([3, false]);
});

test('who watches live asks for the list less often, and at once when it is over', async () => {
  newest = 1;
  const kept = past();
  const epochs = () => kept.recordings.map((each) => each.epoch);
  await kept.list(0, true);
  newest = 2;
  await kept.list(60_000, true);
  expect(epochs()).toEqual([1]);
  await kept.list(60_000, false);
  expect(epochs()).toEqual([2, 1]);
  newest = 3;
  await kept.list(61_000, false);
  expect(epochs()).toEqual([2, 1]);
  await kept.listAnew();
  expect(epochs()).toEqual([3, 2, 1]);
});

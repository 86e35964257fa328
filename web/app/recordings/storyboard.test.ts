import { beforeEach, expect, test, vi } from 'vitest';
import { readTiles, Storyboard, tileAt } from './storyboard';

const text = [
  'WEBVTT', '', '00:00:00.000 --> 00:00:05.000', 'tiles-0.jpg#xywh=0,0,160,90', '', '00:00:05.000 --> 01:00:00.500', 'tiles-0.jpg#xywh=160,0,160,90', '',
  '01:00:00.500 --> 01:00:09.000', 'https://elsewhere.example/x.jpg#xywh=0,0,1,1', '', '01:00:09.000 --> 01:00:10.000', 'tiles-1-7.jpg#xywh=320,90,160,90', '',
  '01:00:10.000 --> 01:00:10.000', 'tiles-1-7.jpg#xywh=320,90,160,90', '', 'nonsense',
].join('\n');
const place = { address: 'https://live.example/hls/fish/7/storyboard.vtt?token=a', token: 'a', offsetS: 0, grows: false };

beforeEach(() => {
  vi.stubGlobal('location', { href: 'https://site.example/' });
});

test('tiles are found by their time, beside the track, with the pass', () => {
  const tiles = readTiles(text, place);
  expect(tiles).toHaveLength(3);
  expect(tiles[1]).toEqual({ fromS: 5, toS: 3600.5, sheet: 'https://live.example/hls/fish/7/tiles-0.jpg?token=a', x: 160, y: 0, width: 160, height: 90 });
  expect(tiles[2]?.sheet).toBe('https://live.example/hls/fish/7/tiles-1-7.jpg?token=a');
  expect([-1, 0, 4.9, 5, 3604, 3609, 9999].map((at) => tiles.indexOf(tileAt(tiles, at) as never))).toEqual([-1, 0, 0, 1, 1, 2, 2]);
  expect(tileAt([], 5)).toBeNull();
});

test('a storyboard is asked for once, one that grows again and again, and one that fails leaves none', async () => {
  const fetch = vi.fn(() => Promise.resolve(new Response(text)));
  vi.stubGlobal('fetch', fetch);
  const board = new Storyboard();
  expect([await board.want(place, 0), await board.want(place, 60_000)]).toEqual([true, false]);
  const live = { ...place, address: 'https://live.example/hls/fish/8/storyboard.vtt', grows: true };
  expect([await board.want(live, 60_000), await board.want(live, 61_000), await board.want(live, 75_000)]).toEqual([true, false, true]);
  fetch.mockImplementation(() => Promise.reject(new Error('away')));
  expect(await board.want(place, 90_000)).toBe(false);
  expect(board.tiles).toEqual([]);
  expect(fetch).toHaveBeenCalledTimes(4);
});

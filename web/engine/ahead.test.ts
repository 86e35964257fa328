import { afterEach, expect, test, vi } from 'vitest';
import { Ahead, readSegments, recordLength } from './ahead';

afterEach(() => vi.unstubAllGlobals());

/** A record of so many pieces, whose bytes are its number. */
function record(number: number, pieces: number): Uint8Array {
  const b = new Uint8Array(169 + 32 * pieces + 64).fill(number);
  const view = new DataView(b.buffer);
  view.setUint32(162, 4096 * pieces - 1);
  view.setUint8(166, 0);
  view.setUint16(167, 4096);
  return b;
}

const wall = (second: number): string => new Date(1_790_000_000_000 + second * 1000).toISOString();
const playlist = [
  '#EXTM3U', `#EXT-X-PROGRAM-DATE-TIME:${wall(0)}`, '#EXTINF:2,', '0/s7.m4s', `#EXT-X-PROGRAM-DATE-TIME:${wall(2)}`, '#EXT-X-GAP', '#EXTINF:2,', '0/s8.m4s',
  '#EXT-X-DISCONTINUITY', `#EXT-X-PROGRAM-DATE-TIME:${wall(60)}`, '#EXTINF:2,', '0/s9.m4s', `#EXT-X-PROGRAM-DATE-TIME:${wall(300)}`, '#EXTINF:2,', '0/s10.m4s',
].join('\n');

test('gaps are no segments', () => {
  expect(readSegments(playlist)).toEqual([[7, 0], [9, 60], [10, 300]].map(([msn, at]) => ({ msn, wallMs: 1_790_000_000_000 + (at ?? 0) * 1000 })));
  expect(readSegments('#EXTM3U\n0/s7.m4s')).toEqual([]);
});

test('a record tells its length, and other bytes have none', () => {
  expect(recordLength(record(1, 16))).toBe(169 + 32 * 16 + 64);
  expect(recordLength(new Uint8Array(100))).toBe(0);
  expect(recordLength(record(1, 300))).toBe(0);
});

test('the records ahead of the picture are fetched once, certificates first, for the tracks that are played', async () => {
  const asked: string[] = [];
  const answers: Record<string, BodyInit> = { cert: new Uint8Array(176).fill(9), '0.m3u8': playlist, '0/r7': new Blob([record(1, 2), record(2, 16)] as BlobPart[]), '0/r9': record(3, 1) as BodyInit };
  vi.stubGlobal('fetch', async (url: string) => {
    const path = url.replace('/hls/sea/5/', '');
    asked.push(path);
    return new Response(answers[path] ?? null, { status: path in answers ? 200 : 404 });
  });
  const heard: number[] = [];
  const ahead = new Ahead('', 'sea', 5, (b) => heard.push(b[0] ?? -1));
  await ahead.look(1_790_000_000_000);
  expect(heard).toEqual([9]);
  ahead.plays(0);
  await ahead.look(1_790_000_000_000);
  expect(heard).toEqual([9, 1, 2, 3]);
  await ahead.look(1_790_000_001_000);
  expect(asked).toEqual(['cert', '0.m3u8', '0/r7', '0/r9']);
  await ahead.look(1_790_000_290_000); // the server no longer has it: tried again, and nothing breaks
  await ahead.look(1_790_000_290_000);
  expect(asked.slice(4)).toEqual(['0/r10', '0/r10']);
});

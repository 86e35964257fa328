import { expect, test } from 'vitest';
import { clipInPath, recording, recordingInPath } from './api';
import { clock, placeOf, rewindWindow, spoken } from './place';

test('a time of day is found in a playlist, also over a break of the publisher', () => {
  const playlist = [
    '#EXTM3U', '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z', '#EXTINF:2,', '0/s1.m4s',
    '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02.000Z', '#EXTINF:1.5,', '0/s2.m4s',
    '#EXT-X-DISCONTINUITY', '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:01:00.000Z', '#EXTINF:2,', '0/s3.m4s',
  ].join('\n');
  const at = (text: string): number | null => placeOf(playlist, Date.parse(`2026-01-01T00:${text}Z`));
  expect(at('00:01.000')).toBe(1);
  expect(at('00:03.000')).toBe(3);
  expect(at('00:30.000')).toBe(3.5); // nothing came then: what came before is at its end
  expect(at('01:01.000')).toBe(4.5);
  expect(at('09:00.000')).toBe(5.5);
  expect(placeOf(playlist, Date.parse('2025-12-31T23:00:00Z'))).toBe(0);
  expect(placeOf('#EXTM3U', 0)).toBeNull();
});

test('the rewind window grows with the broadcast and no further than it is kept', () => {
  const started = '2026-01-01T00:00:00Z';
  const at = (seconds: number, behind = 3) => rewindWindow(600, started, Date.parse(started) + seconds * 1000, behind);
  expect(at(10)).toBeNull();
  expect(at(60)).toEqual({ fromS: -60, toS: 0, atS: 0, live: true });
  expect(at(6000, 700)).toEqual({ fromS: -600, toS: 0, atS: -600, live: true });
  expect(rewindWindow(0, started, Date.parse(started) + 60_000, 3)).toBeNull();
  expect(rewindWindow(600, null, 0, 3)).toBeNull();
});

test('places are said in words', () => {
  expect([0, 7, 754, 3723].map(clock)).toEqual(['0:00', '0:07', '12:34', '1:02:03']);
  expect(spoken({ fromS: -60, toS: 0, atS: 0, live: true }, -3)).toBe('live');
  expect(spoken({ fromS: -60, toS: 0, atS: 0, live: true }, -40)).toBe('0:40 behind live');
  expect(spoken({ fromS: 0, toS: 90, atS: 0, live: false }, 30)).toBe('0:30 of 1:30');
});

test('recordings are read field by field', () => {
  const whole = {
    epoch: 3, started: '2026-01-01T00:00:00Z', lasts_s: 12.5, live: false, chapters: [{ at_s: 0, wall: '2026-01-01T00:00:00Z' }, 7],
    page: '/c/sea/r/3', hls: '/hls/sea/3/master.m3u8', download: '//evil.example/x',
  };
  const here = { base: '', name: 'sea', token: '' };
  expect(recording(whole, here)).toMatchObject({ epoch: 3, lastsS: 12.5, chapters: [{ atS: 0 }], page: whole.page, download: null });
  expect(recording(whole, { ...here, token: 'p' })?.page).toBe(`${whole.page}?token=p`);
  for (const body of [null, {}, { ...whole, page: 'javascript:1' }, { ...whole, hls: 7 }]) expect(recording(body, here)).toBeNull();
  expect(clipInPath('/c/sea/clip/abcdefgh27')).toBe('abcdefgh27');
  for (const path of ['/c/sea/clip/', '/c/sea/clip/ABCDEFGH27', '/c/sea/r/3']) expect(clipInPath(path)).toBe('');
  expect(recordingInPath('/c/sea/r/3')).toBe(3);
  for (const path of ['/c/sea', '/c/sea/r/', '/c/sea/r/0', '/c/sea/r/x', '/r/3']) expect(recordingInPath(path)).toBeNull();
});

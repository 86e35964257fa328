import { expect, test } from 'vitest';
import { mediaAddress, playlistTrack, withToken } from './address';

test('a part is named by epoch, track and seq', () => {
  expect(mediaAddress('https://a.example/hls/sea/3/0/p17.m4s')).toEqual({ kind: 'part', part: { epoch: 3, track: 0, seq: 17 } });
});

test('a segment is named by epoch, track and media sequence number', () => {
  expect(mediaAddress('/hls/sea/3/1/s3145729.m4s?x=1')).toEqual({ kind: 'segment', segment: { epoch: 3, track: 1, msn: 3145729 } });
});

test.each(['/hls/sea/i0123456789abcdef0123456789abcdef.mp4', '/hls/sea/3/0/p17.mp4', '/c/sea', '', '/hls/sea/3/0/p99999999999999999999.m4s'])(
  '%s is no part and no segment',
  (url) => expect(mediaAddress(url)).toBeNull(),
);

test('a playlist tells its track, with or without directives', () => {
  expect(playlistTrack('/hls/sea/1.m3u8')).toBe(1);
  expect(playlistTrack('https://a.example/hls/sea/0.m3u8?_HLS_msn=4&_HLS_part=1')).toBe(0);
  expect(playlistTrack('/hls/sea/master.m3u8')).toBeNull();
});

test('an address has a pass once, and only if there is one', () => {
  expect(withToken('/hls/sea/0.m3u8', '')).toBe('/hls/sea/0.m3u8');
  expect(withToken('/hls/sea/0.m3u8', 'a_b')).toBe('/hls/sea/0.m3u8?token=a_b');
  expect(withToken('/hls/sea/0.m3u8?_HLS_msn=7', 'a&b')).toBe('/hls/sea/0.m3u8?_HLS_msn=7&token=a%26b');
  expect(withToken(withToken('/hls/sea/0.m3u8?x=1', 'a'), 'a')).toBe('/hls/sea/0.m3u8?x=1&token=a');
  expect(mediaAddress(withToken('/hls/sea/3/0/p17.m4s', 'a'))?.kind).toBe('part');
});

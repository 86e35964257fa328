import { afterEach, expect, test, vi } from 'vitest';
import { askHealth, health, lines } from './health';

afterEach(() => vi.unstubAllGlobals());

test('why the server does not tell is said in its own words', async () => {
  const asks = (status: number, body: string) => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response(body, { status })));
    return askHealth('fish', 'key');
  };
  const says = 'This address sent ten wrong stream keys within a minute.';
  expect(await asks(401, '{}')).toEqual({ kind: 'refused' });
  expect(await asks(429, JSON.stringify({ error: { code: 'wrong_keys', message: says } }))).toEqual({ kind: 'later', says });
  expect(await asks(502, '<p>a proxy')).toMatchObject({ kind: 'later' });
  expect(await asks(200, '[]')).toMatchObject({ kind: 'away' });
});

test('an answer is read field by field', () => {
  const read = health({
    live: true, publishing: true, protocol: 'srt', bits_per_second: 2_600_000, frames_per_second: 29.97, key_interval_ms: 10_000, frames_missing: 3, packets_lost: 7,
    returns: 1, picture: { codec: 'avc1', width: 1280, height: 720 }, sounds: [], advice: [{ code: 'key_interval', says: 'Key frames every 10 s' }, { code: 1 }, 'x'],
  });
  expect(read).toMatchObject({ publishing: true, protocol: 'srt', sounds: [], picture: { width: 1280 }, advice: [{ code: 'key_interval', says: 'Key frames every 10 s' }] });
  expect(read && Object.fromEntries(lines(read))).toEqual({
    'Comes in over': 'SRT', Picture: '1280 × 720, 30 frames a second, key frames every 10 s', Sound: 'none', Captions: 'none', Bitrate: '2.6 Mbit/s', Missing: '3 frames, 7 packets lost on the line',
  });
  const two = health({ sounds: [{ codec: 'opus', language: 'en' }, { codec: 'opus' }] });
  expect(two && lines(two)).toContainEqual(['Sound', '2 tracks (en)']);
  const ladder = health({ rungs: [{ number: 2, codec: 'avc1', width: 1280, height: 720 }, { number: 3, height: 360 }, { number: 6, left_out: 'no room' }] });
  expect(ladder && lines(ladder)).toContainEqual(['Your ladder', '720p, 360p, 1 left out']);
  expect(health({ publishing: 'yes', bits_per_second: -1, picture: [], advice: {} })).toMatchObject({ publishing: false, bitsPerSecond: 0, picture: null, captions: [], advice: [] });
  expect(Object.fromEntries(lines({ ...read!, captions: ['CC1', 'CC3'] }))['Captions']).toBe('yes (CC1, CC3)');
  for (const body of [null, [], 'x', 7]) expect(health(body)).toBeNull();
});

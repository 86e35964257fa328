import { expect, test } from 'vitest';
import type { Report } from '../visit/report';
import { describe, tapeName, withoutAddresses } from './diagnosis';

const at = new Date('2026-11-22T20:15:30.123Z');
const report: Report = {
  startupMs: 812, stalls: 1, stalledMs: 1_250, latencyS: 3.1, deliveredBytes: 3e6, httpBytes: 1e6, peerBytes: 2e6, uploadBytes: 5e5, peers: 1, sourcesNow: 2,
  piecesVerified: 120, piecesRefused: 0, viewers: 4, engine: 'wasm', sharing: 'on', consent: 'yes',
  neighbours: [{ name: 'Viewer A', receivedBytes: 2e6, sentBytes: 5e5, piecesVerified: 120, piecesRefused: 0 }],
};
const findings = { name: 'fish', at, phase: 'playing', report, rest: null, connected: true, trouble: '', browser: 'Browser/150.0.0.0', tape: { name: 'x.tape', bytes: 512_000 } };

test('a diagnosis says how the picture came, a fact a line', () => {
  expect(describe(findings).split('\n')).toEqual([
    'Shoal diagnosis: channel fish, 2026-11-22T20:15:30.123Z',
    'picture: playing, first after 0.8 s, 3.1 s behind live; stalls: 1, 1.3 s in all',
    'media: 2.0 MB from viewers, 1.0 MB from the server, 500 kB given; pieces: 120 verified, 0 refused',
    'sharing: on, consent yes, engine wasm; connections: 1, viewers: 4, tracker connected',
    '  Viewer A: 2.0 MB to here, 500 kB from here, 120 verified, 0 refused',
    'browser: Browser/150.0.0.0',
    'tape: x.tape, 512 kB; bin/shoal sim --replay x.tape steps an engine through it',
  ]);
  expect(describe({ ...findings, tape: null, rest: 'battery' })).toContain('sharing: on (battery)');
  expect(describe({ ...findings, report: { ...report, startupMs: null, latencyS: null } })).toContain('picture: playing, none shown yet; stalls: 1');
  expect(tapeName('fish', at)).toBe('shoal-fish-20261122-201530.tape');
});

test('no address is left in what others wrote', () => {
  for (const [text, left] of [
    ['failed to load https://live.example:8443/hls/fish/0.m3u8?token=x (404)', 'failed to load (address) (404)'],
    ['from 192.168.1.20:4444 and 10.0.0.1', 'from (address) and (address)'],
    ['ws://127.0.0.1/api broke', '(address) broke'],
    ['host 2001:db8::7 and [fe80::1%eth0] and ::1', 'host (address) and (address) and (address)'],
    ['0f1e2d3c-aaaa-bbbb-cccc-0123456789ab.local', '(address)'],
    ['fragLoadError: at 12.5 s', 'fragLoadError: at 12.5 s'],
  ] as const) expect(withoutAddresses(text), text).toBe(left);
  expect(describe({ ...findings, trouble: 'no route to 10.1.2.3' })).toContain('trouble: no route to (address)');
});

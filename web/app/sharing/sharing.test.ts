import { expect, test } from 'vitest';
import { uplinkAllowance, type Flow } from './allowance';
import { isLoopback, presetCounts, presetIn, readConsent, revokedElsewhere } from './consent';
import { restReason } from './device';

test('only a word that was written counts as a choice', () => {
  const holding = (word: string | null) => ({ getItem: () => word });
  expect(readConsent(holding('yes'))).toBe('yes');
  expect(readConsent(holding('no'))).toBe('no');
  for (const word of [null, '', 'YES', 'true', '1']) expect(readConsent(holding(word))).toBe('unset');
  expect(readConsent(null)).toBe('unset');
  expect(readConsent({ getItem: () => { throw new Error('forbidden'); } })).toBe('unset');
});

test('a link decides for the viewer on loopback only, or with the operator\'s word', () => {
  expect(presetIn('?share=yes')).toBe('yes');
  expect(presetIn('?share=sure')).toBeNull();
  expect(presetCounts('stream.example', false)).toBe(false);
  expect(presetCounts('stream.example', true)).toBe(true);
  for (const host of ['localhost', '127.0.0.1', '127.3.2.1', '[::1]', 'a.localhost']) expect(isLoopback(host)).toBe(true);
  for (const host of ['127.0.0.1.example', 'localhost.example', '1270.0.0.1', '10.0.0.1']) expect(isLoopback(host)).toBe(false);
});

test('devices that pay for sharing do not share', () => {
  const fine = { saveData: false, connection: 'wifi', battery: { level: 0.1, charging: true } };
  expect(restReason(fine)).toBeNull();
  expect(restReason({ ...fine, battery: null, connection: '' })).toBeNull();
  expect(restReason({ ...fine, saveData: true })).toBe('saves-data');
  expect(restReason({ ...fine, connection: 'cellular' })).toBe('cellular');
  expect(restReason({ ...fine, battery: { level: 0.19, charging: false } })).toBe('battery');
  expect(restReason({ ...fine, battery: { level: 0.2, charging: false } })).toBeNull();
});

const flow = (some: Partial<Flow>): Flow => ({ serverBytes: 0, peerBytes: 0, uploadBytes: 0, wireBytes: 0, ...some });

test('nobody gives more than was watched', () => {
  expect(uplinkAllowance(flow({ serverBytes: 1_000_000, uploadBytes: 1_000_000, wireBytes: 1_000_000 }), 3_000_000)).toBe(0);
  expect(uplinkAllowance(flow({}), 3_000_000)).toBe(0);
  expect(uplinkAllowance(flow({ serverBytes: 5_000_000 }), 4_000_000)).toBe(1_000_000);
  expect(uplinkAllowance(flow({ peerBytes: 5_000_000 }), null)).toBeGreaterThan(0);
});

test('headers count on the way in as on the way out, and no more than there can be', () => {
  const even = flow({ serverBytes: 2_000_000, peerBytes: 90_000_000, uploadBytes: 90_000_000, wireBytes: 108_000_000 });
  expect(uplinkAllowance(even, 4_000_000)).toBe(1_000_000);
  expect(uplinkAllowance({ ...even, serverBytes: 92_000_000, peerBytes: 0 }, 4_000_000)).toBe(0);
  expect(uplinkAllowance({ ...even, uploadBytes: 40_000_000 }, 4_000_000)).toBe(1_000_000);
  expect(uplinkAllowance({ ...even, uploadBytes: 40_000_000, wireBytes: 116_000_000 }, 4_000_000)).toBe(0);
});

test('who has given nearly all that was watched goes on giving, as fast as he watches, and is never stopped at once', () => {
  const rate = 500_000; // bytes a second
  let [watched, given, last] = [4 * rate, 0, 2 * rate];
  for (let second = 0; second < 60; second++) {
    const allowed = uplinkAllowance(flow({ serverBytes: watched, uploadBytes: given, wireBytes: given }), 8 * rate);
    expect(Math.abs(allowed - last)).toBeLessThanOrEqual(rate / 2);
    given += last = allowed;
    watched += rate;
    expect(given).toBeLessThan(watched);
  }
  expect(last).toBe(rate);
  expect(watched - given).toBeLessThanOrEqual(3 * rate);
});

test('a no in one tab counts in all of them, a yes only where it was said', () => {
  expect(revokedElsewhere({ key: 'shoal.share', newValue: 'no' })).toBe(true);
  expect(revokedElsewhere({ key: 'shoal.share', newValue: null })).toBe(true);
  expect(revokedElsewhere({ key: null, newValue: null })).toBe(true);
  expect(revokedElsewhere({ key: 'shoal.share', newValue: 'yes' })).toBe(false);
  expect(revokedElsewhere({ key: 'theme', newValue: 'no' })).toBe(false);
});

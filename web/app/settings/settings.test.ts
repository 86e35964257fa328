import { expect, test } from 'vitest';
import { settings, wrongFields } from './api';
import { bounds, deletes, entered, fields, fixed, hints, same, saved, seconds, shown, type Field, type Key, type Setting } from './words';

const field = (key: Key): Field => fields.find((one) => one.key === key) as Field;
const setting = (value: string, most = value, atOnce = true): Setting => ({ value, given: most, most, atOnce });

test('times are read as Go writes them', () => {
  expect(['10m0s', '1h30m0s', '90s', '0s', '1.5s', '2h'].map(seconds)).toEqual([600, 5400, 90, 0, 1.5, 7200]);
  for (const strange of ['', '10', 'forever', '-1m', '5ms']) expect(seconds(strange), strange).toBeNull();
  expect(shown('minutes', '1m30s')).toBe('1.5');
  expect(shown('seconds', '1m30s')).toBe('90');
  expect(shown('distance', '4.5s')).toBe('4.5');
  expect(shown('days', '30')).toBe('30');
});

test('what is entered is what the server takes, or is told what to write', () => {
  const enter = (key: Key, text: string, most: string): string => {
    const entry = entered(field(key), text, setting(most));
    return 'value' in entry ? entry.value : `! ${entry.wrong}`;
  };
  expect(enter('rewind', ' 7,5 ', '10m0s')).toBe('450s');
  expect(enter('rewind', '0', '10m0s')).toBe('0s');
  for (const wrong of ['11', '-1', '', 'ten', '1e2', '10m', '9'.repeat(40)]) expect(enter('rewind', wrong, '10m0s'), wrong).toBe('! Write minutes from 0 to 10.');
  expect(enter('keep_days', '30', '30')).toBe('30');
  for (const wrong of ['31', '0', '1.5', 'x']) expect(enter('keep_days', wrong, '30'), wrong).toBe('! Write a whole number of days from 1 to 30.');
  expect(enter('keep_days', '0', '0')).toBe('0');
  expect(enter('keep_gb', '1000001', '0')).toBe('! Write a whole number of gigabytes from 0 to 1000000.');
  expect(enter('reconnect_window', '3600', '1h0m0s')).toBe('3600s');
  expect(enter('reconnect_window', '0', '1h0m0s')).toBe('! Write seconds from 1 to 3600.');
  expect([enter('latency', '4,5', '10s'), enter('latency', '2', '10s')]).toEqual(['4.5s', '2s']);
  for (const wrong of ['1.9', '11', 'near']) expect(enter('latency', wrong, '10s'), wrong).toBe('! Write seconds from 2 to 10.');
});

test('sharing is on where viewers are asked', () => {
  const sharing = field('sharing');
  expect([shown('switch', 'ask'), shown('switch', 'off')]).toEqual(['on', 'off']);
  expect([entered(sharing, 'on', setting('ask')), entered(sharing, 'off', setting('ask'))]).toEqual([{ value: 'ask' }, { value: 'off' }]);
  expect([same(sharing, 'ask', 'off'), same(sharing, 'ask', 'ask'), fixed(sharing, setting('off')), fixed(sharing, setting('off', 'ask'))]).toEqual([false, true, true, false]);
  expect(entered(field('clips'), 'on', setting('on'))).toEqual({ value: 'on' });
});

test('the bounds are said before somebody runs into them', () => {
  expect(bounds(field('keep_days'), setting('0'))).toContain('0 keeps them for good');
  expect(bounds(field('keep_days'), setting('7', '30'))).toContain('At most 30');
  expect(bounds(field('rewind'), setting('0s'))).toContain('turned it off');
  expect(fixed(field('download'), setting('off'))).toBe(true);
  expect(fixed(field('download'), setting('off', 'on'))).toBe(false);
  expect(hints(field('rewind'), { value: '5m0s', given: '10m0s', most: '10m0s', atOnce: false })).toMatch(/At most 10 on this server\. Counts from the next broadcast on\. Without your choice: 10 minutes\.$/);
  expect(hints(field('download'), setting('off'))).toMatch(/turned it off\.$/);
  for (const one of fields) expect(hints(one, setting('on')), one.key).not.toMatch(/NaN|undefined/);
});

test('what keeps less deletes, and no bound is the most', () => {
  expect(deletes(field('keep_days'), '7', '30')).toBe(true);
  expect(deletes(field('keep_days'), '7', '0')).toBe(true);
  expect(deletes(field('keep_days'), '0', '30')).toBe(false);
  expect(deletes(field('keep_gb'), '5', '5')).toBe(false);
  expect(deletes(field('rewind'), '60s', '10m0s')).toBe(false);
  expect(same(field('rewind'), '600s', '10m0s')).toBe(true);
  expect(same(field('record'), 'on', 'off')).toBe(false);
  expect([same(field('ladder'), '720p,360p@600', 'on'), same(field('ladder'), '720p', 'off'), shown('switch', '720p'), fixed(field('ladder'), setting('720p'))]).toEqual([true, false, 'on', false]);
});

test('it is said when a change counts', () => {
  expect(saved([])).toContain('nothing');
  expect(saved([setting('on')])).toBe('Saved. It holds from now on.');
  expect(saved([setting('on', 'on', false)])).toBe('Saved. It holds from the next broadcast on.');
  expect(saved([setting('on'), setting('on', 'on', false)])).toContain('Some of it');
});

test('an answer is read field by field', () => {
  const one = { value: 'on', given: 'on', most: 'on', own: null, chosen: null, takes_effect: 'at once' };
  const whole = Object.fromEntries(fields.map(({ key }) => [key, one]));
  expect(settings(whole)?.clips).toEqual({ value: 'on', given: 'on', most: 'on', atOnce: true });
  expect(settings({ ...whole, more: one })).not.toBeNull();
  for (const strange of [null, [], {}, { ...whole, clips: null }, { ...whole, rewind: { ...one, most: 7 } }]) expect(settings(strange)).toBeNull();
  expect(wrongFields('{"error":{"fields":{"rewind":"a time up to 10m","other":"x","clips":7}}}')).toEqual({ rewind: 'Write a time up to 10m.' });
  for (const strange of ['', '<html>', '{}', '{"error":{"code":"x"}}', '[]']) expect(wrongFields(strange)).toBeNull();
});

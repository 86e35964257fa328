import { expect, test } from 'vitest';
import { keyAction } from './keys';

const press = (key: string, tagName = 'BODY', more = {}, type = '') =>
  keyAction({ key, ctrlKey: false, metaKey: false, altKey: false, target: { tagName, type } as unknown as EventTarget, ...more });

test('the usual keys do the usual things', () => {
  expect([' ', 'k', 'm', 'F', 'ArrowLeft', 'ArrowRight', 'x'].map((key) => press(key))).toEqual(['toggle', 'toggle', 'mute', 'full', 'back', 'forward', null]);
});

test('captions have a key', () => {
  expect(press('c')).toBe('read');
  expect(press('c', 'INPUT', {}, 'text')).toBeNull();
});

test('keys that belong to a control or the browser are left alone', () => {
  expect(press(' ', 'BUTTON')).toBeNull();
  expect(press('k', 'BUTTON')).toBe('toggle');
  expect(press('ArrowLeft', 'INPUT')).toBeNull();
  expect(press('m', 'TEXTAREA')).toBeNull();
  expect(press('f', 'BODY', { ctrlKey: true })).toBeNull();
  expect(press('ArrowUp')).toBeNull();
});

test('a slider keeps its arrows and gives letters away', () => {
  expect(press('ArrowLeft', 'INPUT', {}, 'range')).toBeNull();
  expect(press(' ', 'INPUT', {}, 'radio')).toBeNull();
  expect(press('m', 'INPUT', {}, 'range')).toBe('mute');
});

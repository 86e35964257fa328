import { expect, test } from 'vitest';
import { nameIn, passIn, placeInFragment, remember, remembered } from './place';

test('name and key are read from the fragment', () => {
  expect(placeInFragment('#channel=fish&key=abc')).toEqual({ name: 'fish', key: 'abc' });
  expect(placeInFragment('#channel=fish')).toEqual({ name: 'fish' });
  expect(placeInFragment('#channel=No%20name&key=')).toEqual({});
  expect(placeInFragment('')).toEqual({});
});

test('a watch link is as good as a name', () => {
  expect(nameIn(' Fish ')).toBe('fish');
  expect(nameIn('https://live.example.org/c/fish?x=1')).toBe('fish');
});

test('a link to a private channel brings its pass', () => {
  const pass = 'AAAAAGYk_x-'.padEnd(54, 'A');
  expect(passIn(`https://live.example.org/c/club?token=${pass}`)).toBe(pass);
  expect(passIn(` https://live.example.org/c/club?share=no&token=${pass}#top `)).toBe(pass);
  expect(passIn(`#channel=club&key=abc&token=${pass}`)).toBe(pass);
  expect(nameIn(`https://live.example.org/c/club?token=${pass}`)).toBe('club');
  for (const none of ['', 'club', 'club?token=', `?token=${pass} x`, `?xtoken=${pass}`, `?token=${'A'.repeat(101)}`]) expect(passIn(none), none).toBe('');
});

test('what is remembered is read back, and nothing else', () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (k: string) => kept.get(k) ?? null,
    setItem: (k: string, v: string) => void kept.set(k, v),
    removeItem: (k: string) => void kept.delete(k),
  };
  expect(remembered(storage)).toBeNull();
  remember(storage, { name: 'fish', key: 'abc' });
  expect(remembered(storage)).toEqual({ name: 'fish', key: 'abc' });
  remember(storage, null);
  expect(kept.size).toBe(0);
  for (const strange of ['7', 'x', '{"name":"fish"}', '{"name":"No name","key":"abc"}', '[]']) {
    kept.set('shoal.publish', strange);
    expect(remembered(storage)).toBeNull();
  }
  expect(remembered(null)).toBeNull();
});

import { expect, test } from 'vitest';
import { readLanguage, readWish, writeLanguage, writeWish } from './reading';

/** Storage of one word. */
function storage(word: string | null) {
  const kept = { word, getItem: () => kept.word, setItem: (_key: string, to: string) => void (kept.word = to) };
  return kept;
}

test('a choice is read as it was written', () => {
  for (const wish of [{ on: true, label: 'Deutsch' }, { on: false, label: 'Captions: all' }, { on: true, label: '' }]) {
    const kept = storage(null);
    writeWish(kept, wish);
    expect(readWish(kept)).toEqual(wish);
  }
});

test('nothing, nonsense and forbidden storage are: off', () => {
  const forbidden = { getItem: () => { throw new Error('no'); }, setItem: () => { throw new Error('no'); } };
  for (const kept of [null, storage(null), storage('yes'), forbidden]) expect(readWish(kept).on).toBe(false);
  expect(() => writeWish(forbidden, { on: true, label: '' })).not.toThrow();
});

test('a language is remembered, and nonsense is none', () => {
  const kept = storage(null);
  expect(readLanguage(kept)).toBe('');
  writeLanguage(kept, 'pt-BR');
  expect(readLanguage(kept)).toBe('pt-BR');
  for (const word of ['x', '"de"', '<b>']) expect(readLanguage(storage(word))).toBe('');
});

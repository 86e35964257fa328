import { expect, test } from 'vitest';
import { Texts, chosen } from './texts';

const track = (kind: TextTrackKind, label: string, language = ''): TextTrack => ({ kind, label, language, mode: 'disabled' }) as TextTrack;

/** A list that tells of what is added, as a browser's does. */
function list(...tracks: TextTrack[]) {
  const all = Object.assign(tracks, {
    heard: [] as (() => void)[],
    addEventListener: (_name: string, hear: () => void) => void all.heard.push(hear),
    add: (one: TextTrack) => {
      all.push(one);
      all.heard[0]?.();
    },
  });
  return all;
}

test('the chosen label, else a language of the viewer, else the first', () => {
  const tracks = [track('captions', 'Captions'), track('subtitles', 'English', 'en'), track('subtitles', 'Deutsch', 'de-AT')];
  expect(chosen(tracks, { on: false, label: 'English' }, ['en'])).toBeNull();
  expect(chosen(tracks, { on: true, label: 'English' }, ['de'])?.label).toBe('English');
  expect(chosen(tracks, { on: true, label: 'gone' }, ['fr-FR', 'de-DE'])?.label).toBe('Deutsch');
  expect(chosen(tracks, { on: true, label: '' }, ['fr'])?.label).toBe('Captions');
  expect(chosen([], { on: true, label: '' }, ['fr'])).toBeNull();
});

test('tracks that come later are shown if they are wanted, and captions are read on while they are not', () => {
  const tracks = list(track('metadata', 'id3'));
  const texts = new Texts({ textTracks: tracks as unknown as TextTrackList }, { on: true, label: '' }, ['fr'], () => undefined, new AbortController().signal);
  expect(texts.possible).toBe(false);
  texts.declare(true);
  expect(texts.possible).toBe(true);
  expect(texts.choices).toEqual([]);
  const captions = track('captions', 'Captions');
  const german = track('subtitles', 'Deutsch', 'de');
  tracks.add(captions);
  tracks.add(german);
  expect(tracks.map(({ mode }) => mode)).toEqual(['disabled', 'showing', 'disabled']);
  texts.wish = { on: true, label: 'Deutsch' };
  expect(tracks.map(({ mode }) => mode)).toEqual(['disabled', 'hidden', 'showing']);
  texts.wish = { on: false, label: 'Deutsch' };
  expect(tracks.map(({ mode }) => mode)).toEqual(['disabled', 'hidden', 'disabled']);
  expect(texts.choices).toEqual([{ label: 'Captions', shown: false }, { label: 'Deutsch', shown: false }]);
});

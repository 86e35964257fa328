import { expect, test } from 'vitest';
import { problemIn, refusal } from '../place/refused';
import { uploadList, type Upload } from './api';
import { begun, share, stands, worthAnother } from './words';

const line = { id: 'a', title: 'holiday', state: 'receiving', says: '', length: 2_000_000, received: 500_000, percent: 25, upload: '/uploads/fish/a' };
const list = (...lines: object[]): readonly Upload[] => uploadList({ able: true, says: '', most_bytes: 5, uploads: lines })?.uploads ?? [];

test('a list is read, and what is not understood is left out', () => {
  expect(list(line, { ...line, state: 'dancing' }, { ...line, upload: '//elsewhere' }, 7 as unknown as object).map(({ id }) => id)).toEqual(['a']);
  expect(uploadList({ uploads: 'none' })).toBeNull();
  expect(uploadList({ able: false, says: 'it lacks ffmpeg', uploads: [] })).toMatchObject({ able: false, says: 'it lacks ffmpeg' });
});

test('how an upload stands is said in words', () => {
  const [upload] = list(line) as [Upload];
  expect(stands(upload, true)).toBe('Sending: 500 kB of 2.0 MB');
  expect(stands(upload, false)).toContain('Cut off at 25 %');
  expect(stands({ ...upload, state: 'refused', says: 'The file is empty.' }, false)).toBe('The file is empty.');
  expect(share(upload)).toBe(25);
  expect(share({ ...upload, state: 'waiting' })).toBeNull();
});

test('the same file goes on, another one does not', () => {
  const uploads = list({ ...line, state: 'ready' }, line);
  expect(begun(uploads, { name: 'holiday.mp4', size: 2_000_000 })?.state).toBe('receiving');
  expect(begun(uploads, { name: 'holiday.mp4', size: 2_000_001 })).toBeUndefined();
  expect(begun(uploads, { name: 'other.mp4', size: 2_000_000 })).toBeUndefined();
});

test('a refusal says what the server said', () => {
  expect(problemIn('{"error":{"code":"quota","message":"Wait."}}')).toBe('Wait.');
  expect(problemIn('<html>')).toContain('Try again');
  expect(refusal(401, 'fish')).toContain('not the stream key of fish');
  expect(refusal(404, 'fish')).toContain('no channel called fish');
  expect(refusal(413, 'fish')).toBeNull();
});

test('what may pass is tried again, and a refusal is not', () => {
  expect([0, 409, 423, 500, 503].filter(worthAnother)).toEqual([0, 409, 423, 500, 503]);
  expect([400, 401, 404, 413, 429, 507].filter(worthAnother)).toEqual([]);
});

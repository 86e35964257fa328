import { expect, test } from 'vitest';
import { unplayable } from './unplayable';

const MANIFEST = 'manifestIncompatibleCodecsError';
const says = (...codecs: string[]): string => `one or more CODECS in variant not supported: ${JSON.stringify(codecs)}`;
const but = (...missing: string[]) => (codec: string): boolean => !missing.some((each) => codec.startsWith(each));

test('the codec that the browser lacks is named as people call it', () => {
  expect(unplayable(MANIFEST, says('hvc1.1.6.L93.B0,mp4a.40.2'), but('hvc1'))).toBe('H.265');
  expect(unplayable(MANIFEST, says('av01.0.08M.08,opus'), but('av01'))).toBe('AV1');
  expect(unplayable(MANIFEST, says('avc1.640028,opus'), but('opus')), 'the sound').toBe('Opus');
  expect(unplayable(MANIFEST, says('avc1.7a001f,mp4a.40.2'), but('avc1.7a'))).toBe('this kind of H.264');
  expect(unplayable(MANIFEST, says('hev1.2.4.L153,mp4a.40.2', 'av01.0.04M.10,mp4a.40.2'), but('hev1', 'av01'))).toBe('H.265');
  expect(unplayable(MANIFEST, says('wxyz.1'), but('wxyz')), 'one that nobody here knows').toBe('wxyz.1');
});

test('without a word on codecs it is the stream, and other errors are none of this', () => {
  expect(unplayable('bufferIncompatibleCodecsError', 'no sourceBuffers', but())).toBe('this stream');
  expect(unplayable(MANIFEST, says('avc1.640028'), but()), 'the browser contradicts itself').toBe('this stream');
  expect(unplayable('bufferAppendError', says('hvc1'), but('hvc1'))).toBe('');
});

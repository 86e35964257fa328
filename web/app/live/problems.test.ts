import { expect, test } from 'vitest';
import { deviceProblem, refusal } from './problems';

test('each refusal says what to do', () => {
  expect(refusal(401, '').problem.head).toMatch(/stream key/);
  expect(refusal(401, '').worth).toBe(false);
  expect(refusal(409, '').problem).toMatchObject({ head: expect.stringMatching(/live already/), taken: true });
  expect(refusal(503, '').problem.taken).toBeUndefined();
  expect(refusal(0, '').worth).toBe(true);
  expect(refusal(503, 'x').worth).toBe(true);
  expect(refusal(406, 'Pictures must be H.264.').problem.says).toBe('Pictures must be H.264.');
});

test('what the browser throws is told in plain words', () => {
  const thrown = (name: string): Error => Object.assign(new Error('m'), { name });
  expect(deviceProblem('camera', thrown('NotAllowedError')).head).toBe('The browser may not use the camera');
  expect(deviceProblem('screen', thrown('NotAllowedError')).head).toBe('No screen was chosen');
  expect(deviceProblem('microphone', thrown('NotFoundError')).head).toBe('No microphone was found');
  expect(deviceProblem('camera', thrown('NotReadableError')).says).toMatch(/Another program/);
  expect(deviceProblem('camera', 'odd').says).toMatch(/odd/);
});

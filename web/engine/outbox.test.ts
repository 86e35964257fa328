import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ECHO_LINGER_MS, JOINED_MOST, LINGER_MS, Outbox, split } from './outbox';
import { messageOf } from './testing/golden';
import { MESSAGE_MAX, TYPE_BYE, TYPE_CANCEL, TYPE_ECHO, TYPE_HAVE, TYPE_HELLO, TYPE_PIECE, TYPE_PROBE } from './wire';

const message = (...bytes: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes);
const turn = (): Promise<void> => vi.advanceTimersByTimeAsync(0).then(() => undefined);

let sent: number[][];
let outbox: Outbox;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  outbox = new Outbox((bytes) => sent.push([...bytes]));
  outbox.heard(message(TYPE_HELLO, 0, 1, 0xd0));
});

afterEach(() => vi.useRealTimers());

it('sends one by one to who did not say that it takes several', () => {
  outbox.heard(message(TYPE_HELLO, 0, 1, 0x90));
  outbox.add(message(TYPE_HAVE, 1));
  outbox.add(message(TYPE_BYE));
  expect(sent).toEqual([[TYPE_HAVE, 1], [TYPE_BYE]]);
});

it('joins what one turn says, in its order', async () => {
  outbox.add(message(TYPE_CANCEL, 1, 2));
  outbox.add(message(TYPE_BYE));
  expect(sent).toEqual([]);
  await turn();
  expect(sent).toEqual([[17, 0, 3, TYPE_CANCEL, 1, 2, 0, 1, TYPE_BYE]]);
});

it('sends a message that is alone as it is', async () => {
  outbox.add(message(TYPE_CANCEL, 1));
  await turn();
  expect(sent).toEqual([[TYPE_CANCEL, 1]]);
});

it('keeps back what nothing waits for, until something takes it along', async () => {
  outbox.add(message(TYPE_HAVE, 1));
  outbox.add(message(TYPE_ECHO, 2));
  await vi.advanceTimersByTimeAsync(ECHO_LINGER_MS / 2);
  expect(sent).toEqual([]);
  outbox.add(message(TYPE_BYE));
  await turn();
  expect(sent).toEqual([[17, 0, 2, TYPE_HAVE, 1, 0, 2, TYPE_ECHO, 2, 0, 1, TYPE_BYE]]);
  await vi.advanceTimersByTimeAsync(LINGER_MS);
  expect(sent.length).toBe(1);
});

it('keeps it back no longer than that', async () => {
  outbox.add(message(TYPE_HAVE, 1));
  await vi.advanceTimersByTimeAsync(LINGER_MS / 2);
  outbox.add(message(TYPE_HAVE, 2));
  await vi.advanceTimersByTimeAsync(LINGER_MS / 2);
  expect(sent).toEqual([[17, 0, 2, TYPE_HAVE, 1, 0, 2, TYPE_HAVE, 2]]);
});

it('lets what waits longer go with what waits less', async () => {
  outbox.add(message(TYPE_HAVE, 1));
  outbox.add(message(TYPE_ECHO, 2));
  await vi.advanceTimersByTimeAsync(ECHO_LINGER_MS);
  expect(sent).toEqual([[17, 0, 2, TYPE_HAVE, 1, 0, 2, TYPE_ECHO, 2]]);
});

it('lets nothing follow a PROBE in its message', async () => {
  outbox.add(message(TYPE_HAVE, 1));
  outbox.add(message(TYPE_PROBE, 2));
  outbox.add(message(TYPE_PIECE, 3));
  await turn();
  expect(sent).toEqual([[17, 0, 2, TYPE_HAVE, 1, 0, 2, TYPE_PROBE, 2], [TYPE_PIECE, 3]]);
});

it('joins no more than a message may hold', async () => {
  const piece = new Uint8Array(MESSAGE_MAX / 2).fill(TYPE_PIECE);
  for (let i = 0; i < 3; i++) outbox.add(piece);
  for (let i = 0; i < JOINED_MOST; i++) outbox.add(message(TYPE_BYE));
  await turn();
  expect(sent.map((bytes) => [bytes.length <= MESSAGE_MAX, bytes[0] === 17 ? split(Uint8Array.from(bytes))?.length : 1])).toEqual([
    [true, 1], [true, 1], [true, JOINED_MOST], [true, 1],
  ]);
});

it('reads what Go writes, and refuses what it refuses', () => {
  const joined = Uint8Array.from(messageOf('joined.hex'));
  expect(split(joined)?.map((each) => [each[0], each.length])).toEqual([[14, 3], [TYPE_PIECE, 23]]);
  for (const bad of [
    [17], [17, 0, 1, TYPE_BYE], [17, 0, 1, TYPE_BYE, 0], [17, 0, 1, TYPE_BYE, 0, 0], [17, 0, 1, TYPE_BYE, 0, 2, TYPE_BYE],
    [17, 0, 1, TYPE_BYE, 0, 1, 17], [17, ...Array<number[]>(JOINED_MOST + 1).fill([0, 1, TYPE_BYE]).flat()],
  ]) {
    expect(split(Uint8Array.from(bad))).toBeNull();
  }
});

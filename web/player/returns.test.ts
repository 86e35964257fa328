import { Events, type default as Hls } from 'hls.js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { holdMs, keepGaps } from './returns';

type Details = Parameters<typeof holdMs>[0];
type Fragment = Details['fragments'][number];

/** The publisher sent until 10 s of the player's time, was away, and is back since RETURN_MS: half a second of it is out. */
const RETURN_MS = 1_000_000;
const DISTANCE_S = 3;

const fragment = (start: number, cc: number, wallMs: number | null): Fragment => ({ start, cc, programDateTime: wallMs }) as Fragment;

function details(returned: Fragment | undefined = fragment(10, 1, RETURN_MS)): Details {
  const before = [fragment(6, 0, RETURN_MS - 20_000), fragment(8, 0, RETURN_MS - 18_000)];
  return { fragments: before, edge: returned ? 10.5 : 10, age: 0, ...(returned ? { fragmentHint: returned } : {}) } as Details;
}

test.each([
  // where it stands, how ready, the server's time since the return, what is held
  ['it ran dry: until what comes is as old as all else', 9.9, 2, 600, 2_400],
  ['without a clock the live edge tells the time', 9.9, 2, null, 2_500],
  ['sound that ended before the picture', 8.6, 2, 600, 2_400],
  ['what is left is still played', 9.8, 4, 1_500, 1_300],
  ['the gap is a while away', 9.5, 4, 600, 0],
  ['it moves, and is nearly right', 9.8, 4, 2_400, 0],
  ['it comes late enough by itself', 9.9, 2, 3_100, 0],
  ['it went over the gap unseen', 10.3, 4, 600, 2_700],
  ['the gap is long past', 12, 4, 2_500, 0],
  ['a clock that is far off holds nobody longer than the distance', 9.9, 2, -60_000, 3_000],
])('%s', (_what, currentTime, readyState, sinceMs, held) => {
  expect(holdMs(details(), { currentTime, readyState }, DISTANCE_S, sinceMs === null ? null : RETURN_MS + sinceMs)).toBeCloseTo(held, 3);
});

test('nothing is held where nothing was missing', () => {
  const dry = { currentTime: 9.9, readyState: 2 };
  expect(holdMs(details(fragment(10, 0, RETURN_MS)), dry, DISTANCE_S, RETURN_MS)).toBe(0);
  expect(holdMs(details(fragment(10, 1, null)), dry, DISTANCE_S, RETURN_MS)).toBe(0);
  expect(holdMs({ ...details(), fragments: [] }, dry, DISTANCE_S, RETURN_MS)).toBe(0);
});

class Picture extends EventTarget {
  currentTime = 9.9;
  readyState = 2;
  seeking = false;
  playbackRate = 1;
}

class Machine {
  config = { liveSyncDuration: DISTANCE_S };
  latestLevelDetails = details(fragment(10, 0, RETURN_MS));
  #hears = new Map<string, (event: string, data: unknown) => void>();
  on(event: string, hear: (event: string, data: unknown) => void): void {
    this.#hears.set(event, hear);
  }
  say(event: string, data: unknown = {}): void {
    this.#hears.get(event)?.(event, data);
  }
}

function begin(): { machine: Machine; picture: Picture } {
  const [machine, picture] = [new Machine(), new Picture()];
  keepGaps(machine as unknown as Hls, () => RETURN_MS + 600);
  machine.say(Events.MEDIA_ATTACHED, { media: picture });
  machine.say(Events.LEVEL_UPDATED);
  expect(picture.playbackRate).toBe(1);
  machine.latestLevelDetails = details();
  const waits = vi.fn();
  picture.addEventListener('waiting', waits);
  machine.say(Events.LEVEL_UPDATED);
  expect(picture.playbackRate).toBe(0);
  expect(waits).toHaveBeenCalledOnce();
  return { machine, picture };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a picture that ran dry stands until its distance is there, and goes on', () => {
  const { picture } = begin();
  picture.readyState = 4;
  vi.advanceTimersByTime(2_390);
  expect(picture.playbackRate).toBe(0);
  vi.advanceTimersByTime(20);
  expect(picture.playbackRate).toBe(1);
});

test('a picture that still moves is held when it comes to the gap', () => {
  const { machine, picture } = begin();
  vi.advanceTimersByTime(3_000);
  picture.currentTime = 9.8;
  picture.readyState = 4;
  machine.config.liveSyncDuration = 5;
  picture.dispatchEvent(new Event('timeupdate'));
  expect(picture.playbackRate).toBe(0);
});

test.each([
  ['who goes elsewhere', (_machine: Machine, picture: Picture) => picture.dispatchEvent(new Event('seeking'))],
  ['a source that ends', (machine: Machine) => machine.say(Events.DESTROYING)],
  ['a picture that is taken away', (machine: Machine) => machine.say(Events.MEDIA_DETACHING)],
])('%s is not held', (_what, goes) => {
  const { machine, picture } = begin();
  goes(machine, picture);
  expect(picture.playbackRate).toBe(1);
  picture.playbackRate = 1.02;
  vi.advanceTimersByTime(5_000);
  expect(picture.playbackRate).toBe(1.02);
});

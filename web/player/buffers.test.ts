import Hls, { Events } from 'hls.js';
import { expect, it, vi } from 'vitest';
import { bufferKeeping, type Tracker } from './buffers';

/** hls.js itself, with a fragment at each of these times of which some parts have arrived. */
function arrivingAt(...starts: number[]): { hls: Hls; tracker: Tracker; kept: () => number[] } {
  const hls = new Hls({ ...bufferKeeping(), enableWorker: false });
  const { fragmentTracker: tracker } = (hls as unknown as { bufferController: { fragmentTracker: Tracker } }).bufferController;
  for (const start of starts) {
    const body = { start, sn: start, type: 'main', level: 0, urlId: 0, clearElementaryStreamInfo: vi.fn() };
    tracker.fragments[`main_0_${start}`] = { body, buffered: false, loaded: null };
  }
  const kept = (): number[] => Object.values(tracker.fragments).flatMap((entry) => (entry ? [entry.body.start] : []));
  return { hls, tracker, kept };
}

it('keeps what is arriving when what was played is thrown away', () => {
  const { hls, tracker, kept } = arrivingAt(2, 24);
  hls.trigger(Events.BUFFER_FLUSHED, { type: 'video', start: 0, end: 4 });
  tracker.detectEvictedFragments('video', [], 'main');
  expect(kept()).toEqual([24]);
});

it('forgets what is arriving when all that lies ahead is thrown away', () => {
  const { hls, tracker, kept } = arrivingAt(24);
  hls.trigger(Events.BUFFER_FLUSHED, { type: 'video', start: 0, end: Infinity });
  tracker.detectEvictedFragments('video', [], 'main');
  expect(kept()).toEqual([]);
});

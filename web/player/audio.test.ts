import Hls, { type LevelDetails } from 'hls.js';
import { expect, it, vi } from 'vitest';
import { audioLoading } from './audio';

interface Searching {
  getNextFragment(position: number, details: LevelDetails): unknown;
}

it('looks for audio a little behind the end of the buffer', () => {
  const original = Hls.DefaultConfig.audioStreamController?.prototype as unknown as Searching;
  const search = vi.spyOn(original, 'getNextFragment').mockReturnValue(null);
  const ours = audioLoading().audioStreamController?.prototype as unknown as Searching;
  ours.getNextFragment.call({}, 82.018458, {} as LevelDetails);
  const [position] = search.mock.calls[0] ?? [0];
  expect(position).toBeGreaterThan(82.01848); // the fragment's end as the playlist had it
  expect(position).toBeLessThan(82.02);
});

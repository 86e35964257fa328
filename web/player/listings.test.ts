import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Listings } from './listings';
import { readListing, writeListing } from './listingtext';
import type { PartName, RecordSource, SignedPart } from './swarm';

/** What server/pack wrote, and the records that lead from one playlist to the next (server/pack/listing_test.go). */
interface Step extends Omit<SignedPart, 'part'> {
  readonly track: number;
  readonly seq: number;
  readonly last: boolean;
  readonly full?: string;
  readonly skip?: string;
}
const steps = JSON.parse(readFileSync(new URL('../../server/pack/testdata/playlists.json', import.meta.url), 'utf8')) as Step[];
const written = steps.filter((step): step is Step & { full: string; skip: string } => step.full !== undefined);
const EPOCH = 7;

/** The records of what is out by now. */
class Records implements RecordSource {
  readonly out = new Map<string, SignedPart>();
  publish({ track, seq, ...rest }: Step): void {
    this.out.set(`${track}/${seq}`, { ...rest, part: { epoch: EPOCH, track, seq } });
  }
  async signed(part: PartName): Promise<SignedPart | null> {
    return part.epoch === EPOCH ? (this.out.get(`${part.track}/${part.seq}`) ?? null) : null;
  }
}

/** Records tell whole microseconds, and not how long parts of a track may be: that is told by the longest so far. */
const rounded = (text: string | null): string | undefined =>
  text?.replace(/(EXTINF:|DURATION=)([\d.]+)/g, (_all, name: string, time: string) => name + Number(time).toFixed(3)).replace(/(PART-TARGET|PART-HOLD-BACK)=[\d.]+/g, '$1');

const never = (): AbortSignal => new AbortController().signal;

test.each(written)('the playlist of track $track after part $seq is read, and written as it was', ({ track, full }) => {
  const read = readListing(full, track);
  expect(read?.skippedFrom).toBeNull();
  if (read) expect(writeListing(read.listing, read.listing.head.targetS, read.listing.head.reports, false)).toBe(full);
});

test.each([0, 4, 9, 14])('from playlist %i on, records make every later one as the server does', async (from) => {
  const listings = new Listings();
  const records = new Records();
  let compared = 0;
  for (const step of steps) {
    records.publish(step);
    const { track, msn, index } = step;
    if (step.full === undefined || step.skip === undefined || written.indexOf(step as (typeof written)[0]) < from) continue;
    if (!listings.knows(track)) listings.learn(track, step.full);
    // That a segment is whole stands in no record: it is seen when the next one begins.
    else if (!step.last && listings.knows(1 - track)) {
      compared++;
      expect(rounded(await listings.reload(track, msn, index, false, records, never()))).toBe(rounded(step.full));
      expect(rounded(await listings.reload(track, msn, index, true, records, never()))).toBe(rounded(step.skip));
    }
  }
  expect(compared).toBeGreaterThan(8);
});

test('a playlist that leaves out what is known completes it; one that leaves out what is not says nothing', () => {
  const [first, later] = written.filter((step) => step.track === 0 && step.skip.includes('SKIPPED')).slice(0, 2);
  if (!first || !later) throw new Error('the server wrote none');
  const listings = new Listings();
  listings.learn(0, first.skip);
  expect(listings.knows(0)).toBe(false);
  listings.learn(0, first.full);
  listings.learn(0, later.skip);
  expect(listings.knows(0)).toBe(true);
});

test('a record that is missing ends it: the server has to say what was there', async () => {
  const listings = new Listings();
  const records = new Records();
  const [base] = written.filter((step) => step.track === 0);
  if (!base) throw new Error('the server wrote none');
  listings.learn(0, base.full);
  const later = steps.filter((step) => step.track === 0 && step.seq > base.seq);
  for (const step of later.slice(1)) records.publish(step);
  expect(await listings.reload(0, base.msn + 1, 0, false, records, never())).toBeNull();
});

test('records of another broadcast continue nothing', async () => {
  const listings = new Listings();
  const [base] = written;
  if (!base) throw new Error('the server wrote none');
  listings.learn(base.track, base.full);
  const records: RecordSource = { signed: async (part) => ({ ...base, part: { ...part, epoch: 8 } }) };
  const gone = new AbortController();
  setTimeout(() => gone.abort(), 0);
  expect(await listings.reload(base.track, base.msn + 9, 0, false, records, gone.signal)).toBeNull();
});

test.each([
  ['the end', (text: string) => text + '#EXT-X-ENDLIST\n'],
  ['a tag that it does not know', (text: string) => text + '#EXT-X-DEFINE:NAME="a",VALUE="b"\n'],
  ['a cut', (text: string) => text.slice(0, text.indexOf('#EXT-X-PRELOAD-HINT'))],
  ['another track', (text: string) => text.replaceAll('7/0/', '7/1/').replaceAll('7/1/', '7/3/')],
  ['nothing', () => ''],
  ['a page', () => '<html>'],
])('%s in a playlist is not read', (_what, change) => {
  expect(readListing(change(written[0]?.full ?? ''), written[0]?.track ?? 0)).toBeNull();
});

test('a track that is left is forgotten, and one that is turned to has to be asked for', () => {
  const listings = new Listings();
  const [picture, sound] = [0, 1].map((track) => written.find((step) => step.track === track));
  if (!picture || !sound) throw new Error('the server wrote none');
  listings.learn(0, picture.full);
  listings.learn(1, sound.full);
  listings.turn([1, 2]);
  expect([0, 1].map((track) => listings.knows(track))).toEqual([false, true]);
  expect([0, 1, 2].map((track) => listings.turned(track))).toEqual([false, false, true]);
  listings.turn([0, 1]);
  listings.learn(0, picture.full);
  expect(listings.turned(0)).toBe(false);
});

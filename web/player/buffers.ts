// hls.js's keeper of buffers, without its bad memory.
//
// Once a segment hls.js 1.7.4 throws away what was played long ago, and then forgets every fragment that is not whole in the
// buffer: also the one whose parts are arriving just now. The part that is being parsed at that moment then counts as empty and its segment as
// a gap, so the rest of it is never loaded: a hole, and a picture that stands still for up to three seconds, every few minutes.
// So fragments that begin after what was thrown away are hidden from it while it forgets.
import Hls, { Events, type HlsConfig } from 'hls.js';

/** A fragment as hls.js's FragmentTracker keeps it; `loaded` is not null once all of its parts are. */
interface Entry {
  readonly body: { readonly start: number };
  readonly buffered: boolean;
  readonly loaded: unknown;
}

/** What of the tracker is used here. Its types call `fragments` private. */
export interface Tracker {
  fragments: Record<string, Entry | null>;
  detectEvictedFragments(...given: unknown[]): void;
}

/** Type, ranges and playlist; whoever appends says more. */
const GIVEN_BY_FLUSHES = 3;

/** What to add to hls.js's configuration. */
export function bufferKeeping(): Partial<HlsConfig> {
  const Controller = Hls.DefaultConfig.bufferController;
  if (!Controller) return {};
  return {
    bufferController: class extends Controller {
      constructor(...given: ConstructorParameters<NonNullable<typeof Controller>>) {
        // Before the loaders of picture and sound begin to listen: they forget when they hear of the flush.
        spareArriving(given[0], given[1] as unknown as Tracker);
        super(...given);
      }
    },
  };
}

export function spareArriving(hls: Pick<Hls, 'on'>, tracker: Tracker): void {
  let flushedTo = Infinity;
  hls.on(Events.BUFFER_FLUSHED, (_event, { end }) => {
    flushedTo = end;
  });
  const forget = tracker.detectEvictedFragments.bind(tracker);
  tracker.detectEvictedFragments = (...given) => {
    const all = tracker.fragments;
    const spared = given.length > GIVEN_BY_FLUSHES ? [] : Object.entries(all).filter(([, entry]) => arriving(entry, flushedTo));
    for (const [key] of spared) all[key] = null;
    forget(...given);
    for (const [key, entry] of spared) all[key] = entry;
  };
}

function arriving(entry: Entry | null, after: number): boolean {
  return entry !== null && !entry.buffered && !entry.loaded && entry.body.start >= after;
}

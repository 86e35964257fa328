// hls.js's reading of captions inside the picture (CEA-608), made fit for parts.
//
// hls.js 1.7.4 forgets all it has read of a caption with each part, as only whole segments count as what comes next; it takes pairs
// of bytes in the order of a part's pictures, though B-frames reach over its end; it shows a caption once it knows when that ends,
// which close to live is when it is over; and where a playlist says that there are none it does not look. So: parts follow each
// other, the newest pictures wait for the next part, what is on screen is told with each part, and what is there is read.
import Hls, { type Events, type FragLoadingData, type FragParsingUserdataData, type HlsConfig } from 'hls.js';

/** So far may B-frames be out of order, in seconds: pictures newer than this wait, unless none follow. */
const REORDER_S = 0.25;
/** Pairs of bytes that wait: some tens in a quarter of a second. */
const WAITING_MAX = 240;

type Userdata = FragParsingUserdataData['samples'][number];

/** Keeps pictures' data in the order in which they are shown. Pure. */
export class Reorder {
  #waiting: Userdata[] = [];

  /** What may be read now. */
  take(samples: readonly Userdata[]): Userdata[] {
    const all = [...this.#waiting, ...samples].sort((a, b) => a.pts - b.pts);
    const until = (all.at(-1)?.pts ?? 0) - REORDER_S;
    const ready = Math.max(all.findIndex(({ pts }) => pts > until), all.length - WAITING_MAX, 0);
    this.#waiting = all.slice(ready);
    return all.slice(0, ready);
  }

  clear(): void {
    this.#waiting = [];
  }
}

/** Where the last load was: whether the next one goes on there. Pure. */
export class Sequence {
  #cc = -1;
  #sn = -1;
  #part = -1; // -1: a whole segment

  /** Notes a load, and returns whether it is what comes next. */
  follows(cc: number, sn: number, part: number): boolean {
    const next = cc === this.#cc && (sn === this.#sn ? this.#part >= 0 && part === this.#part + 1 : sn === this.#sn + 1 && part <= 0);
    this.#cc = cc;
    this.#sn = sn;
    this.#part = part;
    return next;
  }
}

/** What is used of hls.js's own classes: its types hide it. */
interface Channel {
  readonly outputFilter: { dispatchCue(): void };
  cueSplitAtTime(atS: number): void;
}
interface Parser {
  readonly channels: readonly (Channel | null)[];
  reset(): void;
}
interface Controller {
  cea608Parser1?: Parser;
  cea608Parser2?: Parser;
  onFragParsingUserdata(event: Events.FRAG_PARSING_USERDATA, data: FragParsingUserdataData): void;
}
type ControllerClass = new (hls: Hls) => Controller;

/** What to add to hls.js's configuration: nothing in a build that reads no captions. */
export function captionReading(): Partial<HlsConfig> {
  const Original = Hls.DefaultConfig.timelineController as unknown as ControllerClass | undefined;
  if (!Original) return {};
  // Fields of the class are made after hls.js's constructor, which only registers the methods.
  class Reading extends Original {
    readonly #sequence = new Sequence();
    readonly #reorder = new Reorder();

    onFragLoading(_event: Events.FRAG_LOADING, { frag, part }: FragLoadingData): void {
      if (frag.type !== 'main' || typeof frag.sn !== 'number' || this.#sequence.follows(frag.cc, frag.sn, part?.index ?? -1)) return;
      this.#reorder.clear();
      this.cea608Parser1?.reset();
      this.cea608Parser2?.reset();
    }

    closedCaptionsForLevel(): undefined {
      return undefined;
    }

    override onFragParsingUserdata(event: Events.FRAG_PARSING_USERDATA, data: FragParsingUserdataData): void {
      const samples = this.#reorder.take(data.samples.filter(({ bytes }) => bytes !== undefined));
      super.onFragParsingUserdata(event, { ...data, samples });
      const newest = samples.at(-1)?.pts;
      if (newest === undefined) return;
      for (const parser of [this.cea608Parser1, this.cea608Parser2]) {
        for (const channel of parser?.channels ?? []) {
          channel?.cueSplitAtTime(newest);
          channel?.outputFilter.dispatchCue();
        }
      }
    }
  }
  return { timelineController: Reading as unknown as NonNullable<HlsConfig['timelineController']> };
}

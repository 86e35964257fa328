// One track's media playlist, as it grows by the signed record of each part.
//
// What it is: what server/pack/window.go knows of a track, without the bytes.
// Who calls it: listings.ts.
// What it owns: the segments that the playlist names: it slides as the server's does.
// What it will never do: guess. A part that does not follow the last one is refused, and the server is asked again.
import type { PartName, SignedPart } from './swarm';

export interface ListedPart {
  readonly seq: number;
  readonly us: number;
  readonly independent: boolean;
}

export interface ListedSegment {
  readonly msn: number;
  readonly wallMs: number;
  readonly init: string;
  readonly discontinuity: boolean;
  /** Of an old segment the server's playlist tells no parts. */
  readonly parts: ListedPart[];
  us: number;
  done: boolean;
}

/** Where another track of the stream is, as far as a playlist reports it. */
export interface Report {
  readonly track: number;
  readonly msn: number;
  readonly index: number;
}

export interface ListingHead {
  readonly epoch: number;
  readonly track: number;
  next: number; // seq
  targetS: number; // EXT-X-TARGETDURATION
  partUs: number; // PART-TARGET
  holdBackUs: number; // PART-HOLD-BACK: of the longest part target of all tracks
  discontinuities: number; // EXT-X-DISCONTINUITY-SEQUENCE
  readonly reports: readonly Report[];
}

/** How much a playlist names at least (server/origin: Window, windowSegments). */
const KEEP_US = 24_000_000;
const KEEP_SEGMENTS = 4;
/** A segment of more parts is not the server's: it ends them after seconds. */
const PARTS_MAX = 1_024;

export class Listing {
  readonly head: ListingHead;
  readonly segments: ListedSegment[]; // oldest first, at least one

  constructor(head: ListingHead, segments: ListedSegment[]) {
    this.head = head;
    this.segments = segments;
  }

  /** The part that would follow. */
  get next(): PartName {
    const { epoch, track, next } = this.head;
    return { epoch, track, seq: next };
  }

  get newest(): ListedSegment {
    return this.segments[this.segments.length - 1] as ListedSegment;
  }

  get report(): Report {
    const { msn, parts } = this.newest;
    return { track: this.head.track, msn, index: parts.length - 1 };
  }

  /** Takes the next part in. False: it does not follow, and nothing is known of what comes after. */
  add(signed: SignedPart): boolean {
    const { epoch, track, seq } = signed.part;
    const head = this.head;
    const last = this.newest;
    if (epoch !== head.epoch || track !== head.track || seq !== head.next || signed.msn < last.msn) return false;
    const part = { seq, us: signed.durationUs, independent: signed.independent };
    if (signed.msn === last.msn) {
      if (last.done || signed.index !== last.parts.length || signed.index >= PARTS_MAX) return false;
      last.parts.push(part);
      last.us += part.us;
    } else {
      if (signed.index !== 0) return false;
      last.done = true;
      const { msn, wallMs, init, discontinuity } = signed;
      this.segments.push({ msn, wallMs, init, discontinuity, parts: [part], us: part.us, done: false });
    }
    head.next++;
    head.partUs = Math.max(head.partUs, part.us);
    head.targetS = Math.max(head.targetS, Math.round(this.newest.us / 1e6));
    this.#slide();
    return true;
  }

  /** Whether a playlist answers a blocking request for part (from 0) of segment msn; below 0 for the whole segment. */
  reached(msn: number, part: number): boolean {
    const last = this.newest;
    if (last.msn !== msn) return last.msn > msn;
    return part < 0 ? last.done : last.parts.length > part;
  }

  #slide(): void {
    const keep = Math.max(KEEP_US, KEEP_SEGMENTS * Math.max(...this.segments.map((segment) => segment.us)));
    let total = this.segments.reduce((sum, segment) => sum + segment.us, 0);
    for (let first = this.segments[0]; first?.done && total - first.us >= keep; first = this.segments[0]) {
      total -= first.us;
      if (first.discontinuity) this.head.discontinuities++;
      this.segments.shift();
    }
  }
}

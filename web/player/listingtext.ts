// The text of a media playlist, read and written: the mirror of server/pack/media.go, byte for byte.
//
// What it is: the server's form of a low-latency playlist, and no other. Whatever else stands in one makes it unreadable here,
// which costs nothing: then the server goes on being asked.
// Who calls it: listings.ts.
// What it owns: nothing.
// What it will never do: name what the records do not say.
import { Listing, type ListedPart, type ListedSegment, type Report } from './listing';

const HOLD_BACK_PARTS = 3;
const HOLD_BACK = 3; // the rest in target durations
const SKIP_UNTIL = 6;
const PARTS_LISTED = 3;

/** A playlist that begins with what its asker has. */
export interface Read {
  readonly listing: Listing;
  /** The segments from here to the first listed one are left out; null: none are. */
  readonly skippedFrom: number | null;
}

/** Reads a playlist of `track`. Null: it is over, or not of this form. */
export function readListing(text: string, track: number): Read | null {
  const reading = new Reading(track);
  for (const line of text.split('\n')) {
    if (line !== '' && !reading.line(line)) return null;
  }
  return reading.whole();
}

const PART = /^#EXT-X-PART:DURATION=([\d.]+),URI="(\d+)\/(\d+)\/p(\d+)\.m4s"(,INDEPENDENT=YES)?$/;
const HINT = /^#EXT-X-PRELOAD-HINT:TYPE=PART,URI="(\d+)\/(\d+)\/p(\d+)\.m4s"$/;
const REPORT = /^#EXT-X-RENDITION-REPORT:URI="(\d+)\.m3u8",LAST-MSN=(\d+),LAST-PART=(\d+)$/;
const SEGMENT = /^(\d+)\/(\d+)\/s(\d+)\.m4s$/;
const MAP = /^#EXT-X-MAP:URI="i([0-9a-f]{32})\.mp4"$/;
const NUMBER = /^#EXT-X-(TARGETDURATION|MEDIA-SEQUENCE|DISCONTINUITY-SEQUENCE|PART-INF:PART-TARGET|SKIP:SKIPPED-SEGMENTS)[:=]([\d.]+)$/;
const HOLD_BACK_SAID = /,PART-HOLD-BACK=([\d.]+),/;
const SAID_ANYWAY = /^#EXT(M3U|-X-VERSION:9|-X-SERVER-CONTROL:.*)$/;

class Reading {
  readonly #track: number;
  readonly #numbers = new Map<string, number>();
  readonly #segments: ListedSegment[] = [];
  readonly #reports: Report[] = [];
  #hint: RegExpExecArray | null = null;
  #passed = 0; // segments named, gaps included
  #init = '';
  #wallMs: number | null = null;
  #discontinuity = false;
  #gap = false;
  #us: number | null = null;
  #parts: ListedPart[] = [];
  #holdBackUs = 0;

  constructor(track: number) {
    this.#track = track;
  }

  line(line: string): boolean {
    const number = NUMBER.exec(line);
    if (number) return !!this.#numbers.set(number[1] as string, Number(number[2]));
    const part = PART.exec(line);
    if (part) return this.#parts.push({ seq: Number(part[4]), us: micros(part[1]), independent: part[5] !== undefined }) > 0;
    const map = MAP.exec(line);
    if (map) return (this.#init = map[1] as string) !== '';
    const report = REPORT.exec(line);
    if (report) return this.#reports.push({ track: Number(report[1]), msn: Number(report[2]), index: Number(report[3]) }) > 0;
    if (line === '#EXT-X-DISCONTINUITY') return (this.#discontinuity = true);
    if (line === '#EXT-X-GAP') return (this.#gap = true);
    if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) return !Number.isNaN((this.#wallMs = Date.parse(line.slice(25))));
    if (line.startsWith('#EXTINF:')) return !Number.isNaN((this.#us = micros(line.slice(8, -1))));
    const holdBack = HOLD_BACK_SAID.exec(line);
    if (holdBack) this.#holdBackUs = micros(holdBack[1]);
    const hint = HINT.exec(line);
    if (hint) return (this.#hint = hint) !== null;
    const uri = SEGMENT.exec(line);
    return uri ? this.#named(uri) : SAID_ANYWAY.test(line);
  }

  #named(uri: RegExpExecArray): boolean {
    const msn = this.#msn();
    this.#passed++;
    if (this.#us === null || Number(uri[3]) !== msn) return false;
    if (!this.#gap && !this.#segment(msn, this.#us, true)) return false;
    this.#gap = false;
    this.#us = null;
    return true;
  }

  #segment(msn: number, us: number, done: boolean): boolean {
    if (this.#wallMs === null || this.#init === '') return false;
    this.#segments.push({ msn, wallMs: this.#wallMs, init: this.#init, discontinuity: this.#discontinuity, parts: this.#parts, us, done });
    this.#wallMs = null;
    this.#discontinuity = false;
    this.#parts = [];
    return true;
  }

  #msn(): number {
    return (this.#numbers.get('MEDIA-SEQUENCE') ?? NaN) + (this.#numbers.get('SKIP:SKIPPED-SEGMENTS') ?? 0) + this.#passed;
  }

  whole(): Read | null {
    const of = (name: string): number => this.#numbers.get(name) ?? NaN;
    if (this.#parts.length > 0 && !this.#segment(this.#msn(), this.#parts.reduce((sum, { us }) => sum + us, 0), false)) return null;
    if (!this.#hint || this.#segments.length === 0 || Number(this.#hint[2]) !== this.#track) return null;
    const head = {
      epoch: Number(this.#hint[1]), track: this.#track, next: Number(this.#hint[3]), targetS: of('TARGETDURATION'),
      partUs: micros(of('PART-INF:PART-TARGET')), holdBackUs: this.#holdBackUs, discontinuities: of('DISCONTINUITY-SEQUENCE'), reports: this.#reports,
    };
    if (!(head.targetS > 0 && head.partUs > 0 && head.discontinuities >= 0)) return null;
    const skippedFrom = this.#numbers.has('SKIP:SKIPPED-SEGMENTS') ? of('MEDIA-SEQUENCE') : null;
    return { listing: new Listing(head, this.#segments), skippedFrom };
  }
}

/** Writes the playlist; with `skip`, without what an asker of the last minute has. `others` are the other tracks. */
export function writeListing(listing: Listing, targetS: number, others: readonly Report[], skip: boolean): string {
  const { head } = listing;
  const all = listing.segments;
  const first = all[0]?.msn ?? 0;
  const lines = [
    '#EXTM3U', '#EXT-X-VERSION:9', `#EXT-X-TARGETDURATION:${targetS}`,
    `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=${seconds(Math.max(head.holdBackUs, HOLD_BACK_PARTS * head.partUs))},` +
      `HOLD-BACK=${HOLD_BACK * targetS},CAN-SKIP-UNTIL=${SKIP_UNTIL * targetS}`,
    `#EXT-X-PART-INF:PART-TARGET=${seconds(head.partUs)}`, `#EXT-X-MEDIA-SEQUENCE:${first}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${head.discontinuities}`,
  ];
  let left = all.reduce((sum, { us }) => sum + us, 0);
  let from = 0;
  while (skip && from + 1 < all.length && left - at(all, from).us >= SKIP_UNTIL * targetS * 1e6) left -= at(all, from++).us;
  if (from > 0) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${at(all, from).msn - first}`);
  let init = '';
  for (let i = from; i < all.length; i++) {
    const segment = at(all, i);
    if (i > from) gap(lines, head, at(all, i - 1), segment, targetS);
    left -= segment.us;
    write(lines, head, segment, segment.init !== init, left <= PARTS_LISTED * targetS * 1e6);
    init = segment.init;
  }
  lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${head.epoch}/${head.track}/p${head.next}.m4s"`);
  for (const { track, msn, index } of others) lines.push(`#EXT-X-RENDITION-REPORT:URI="${track}.m3u8",LAST-MSN=${msn},LAST-PART=${index}`);
  return lines.join('\n') + '\n';
}

type Named = { readonly epoch: number; readonly track: number };

function write(lines: string[], { epoch, track }: Named, segment: ListedSegment, mapped: boolean, late: boolean): void {
  if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
  if (mapped) lines.push(`#EXT-X-MAP:URI="i${segment.init}.mp4"`);
  lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.wallMs).toISOString()}`);
  if (!segment.done || late) {
    for (const { seq, us, independent } of segment.parts) {
      lines.push(`#EXT-X-PART:DURATION=${seconds(us)},URI="${epoch}/${track}/p${seq}.m4s"${independent ? ',INDEPENDENT=YES' : ''}`);
    }
  }
  if (segment.done) lines.push(`#EXTINF:${seconds(segment.us)},`, `${epoch}/${track}/s${segment.msn}.m4s`);
}

/** Names the segments in which the track was silent: numbers must not skip. */
function gap(lines: string[], { epoch, track }: Named, before: ListedSegment, after: ListedSegment, targetS: number): void {
  const missing = after.msn - before.msn - 1;
  const hole = (after.wallMs - before.wallMs) * 1000 - before.us;
  const each = Math.min(Math.max(hole / missing, 1000), targetS * 1e6);
  for (let msn = before.msn + 1; msn < after.msn; msn++) lines.push('#EXT-X-GAP', `#EXTINF:${seconds(each)},`, `${epoch}/${track}/s${msn}.m4s`);
}

function at(all: readonly ListedSegment[], i: number): ListedSegment {
  return all[i] as ListedSegment;
}

/** As the server writes times: in seconds with what decimals it needs, down to 10 microseconds. */
function seconds(us: number): string {
  return String(Math.round(us / 10) / 1e5);
}

function micros(seconds: string | number | undefined): number {
  return Math.round(Number(seconds) * 1e6);
}

// Media playlists without the server: each begins as the server's own, and goes on by the signed records of parts.
//
// What it is: a listing per track.
// Who calls it: playlists.ts, hls.js's door for playlists.
// What it owns: the listings of one epoch.
// What it will never do: fetch; go on over a part that is missing.
import type { Report, Listing } from './listing';
import { readListing, writeListing } from './listingtext';
import type { PartName, RecordSource, SignedPart } from './swarm';

export class Listings {
  readonly #tracks = new Map<number, Listing>(); // of one epoch, at most as many as a channel has tracks
  #turned: readonly number[] = [];

  knows(track: number): boolean {
    return this.#tracks.has(track);
  }

  /** The player turns to these tracks. All others are forgotten: no records of them come, and what is known is soon of no use. */
  turn(tracks: readonly number[]): void {
    for (const track of [...this.#tracks.keys()]) if (!tracks.includes(track)) this.#tracks.delete(track);
    this.#turned = tracks.filter((track) => !this.#tracks.has(track));
  }

  /** Whether the player has turned to a track of which the server has said nothing since. */
  turned(track: number): boolean {
    return this.#turned.includes(track);
  }

  /** The server's own word replaces what was known of a track. */
  learn(track: number, text: string): void {
    const before = this.#tracks.get(track);
    this.#turned = this.#turned.filter((other) => other !== track);
    this.#tracks.delete(track);
    const read = readListing(text, track);
    if (!read) return;
    const { listing, skippedFrom } = read;
    if (skippedFrom !== null) {
      const first = listing.segments[0]?.msn ?? 0;
      const had = before?.head.epoch === listing.head.epoch ? before.segments.filter(({ msn }) => msn >= skippedFrom && msn < first) : [];
      if (had[0]?.msn !== skippedFrom || had.some(({ done }) => !done)) return;
      listing.segments.unshift(...had);
    }
    for (const [other, { head }] of this.#tracks) if (head.epoch !== listing.head.epoch) this.#tracks.delete(other);
    this.#tracks.set(track, listing);
  }

  /**
   * The playlist that answers a blocking reload, once the records say enough. Null: `signal` was aborted before, or the
   * records do not continue what the server said.
   */
  async reload(track: number, msn: number, part: number, skip: boolean, records: RecordSource, signal: AbortSignal): Promise<string | null> {
    for (;;) {
      const listing = this.#tracks.get(track);
      if (!listing) return null;
      if (listing.reached(msn, part)) break;
      const asked = listing.next;
      const signed = await records.signed(asked, signal);
      if (!signed || signal.aborted) return null;
      this.#add(listing, asked, signed);
    }
    await this.#follow(records);
    return this.#write(track, skip);
  }

  #add(listing: Listing, asked: PartName, signed: SignedPart): void {
    if (asked.seq !== listing.next.seq) return; // another reload waited for the same part
    if (!listing.add(signed)) this.#tracks.delete(listing.head.track);
  }

  /** Takes in all that is known of all tracks: each playlist tells of the others too. */
  async #follow(records: RecordSource): Promise<void> {
    const now = AbortSignal.abort();
    for (const listing of [...this.#tracks.values()]) {
      while (this.#tracks.get(listing.head.track) === listing) {
        const asked = listing.next;
        const signed = await records.signed(asked, now);
        if (!signed) break;
        this.#add(listing, asked, signed);
      }
    }
  }

  #write(track: number, skip: boolean): string | null {
    const listing = this.#tracks.get(track);
    if (!listing) return null;
    const reports = new Map<number, Report>(listing.head.reports.map((report) => [report.track, report]));
    let targetS = 1;
    for (const other of this.#tracks.values()) {
      targetS = Math.max(targetS, other.head.targetS);
      if (other !== listing) reports.set(other.head.track, other.report);
    }
    const others = [...reports.values()].sort((a, b) => a.track - b.track);
    return writeListing(listing, targetS, others, skip);
  }
}

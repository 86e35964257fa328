// The addresses of media, read. Their form is the server's: docs/protocol.md.
import type { PartName, SegmentName } from './swarm';

export type MediaAddress =
  | { readonly kind: 'part'; readonly part: PartName }
  | { readonly kind: 'segment'; readonly segment: SegmentName };

const media = /\/hls\/[^/]+\/(\d{1,15})\/(\d{1,3})\/([ps])(\d{1,15})\.m4s(?:\?|$)/;
const playlist = /\/hls\/[^/]+\/(\d{1,3})\.m3u8(?:\?|$)/;

/** The part or segment that lies at an address, or null (an init segment, another server's address). */
export function mediaAddress(url: string): MediaAddress | null {
  const found = media.exec(url);
  if (!found) return null;
  const epoch = Number(found[1]);
  const track = Number(found[2]);
  const number = Number(found[4]);
  return found[3] === 'p'
    ? { kind: 'part', part: { epoch, track, seq: number } }
    : { kind: 'segment', segment: { epoch, track, msn: number } };
}

/** The track whose playlist lies at an address, or null. */
export function playlistTrack(url: string): number | null {
  const found = playlist.exec(url);
  return found ? Number(found[1]) : null;
}

/** An address with the pass that a private channel wants; once, however often it is called. '' is no pass. */
export function withToken(address: string, token: string): string {
  if (!token || /[?&]token=/.test(address)) return address;
  return `${address}${address.includes('?') ? '&' : '?'}token=${encodeURIComponent(token)}`;
}

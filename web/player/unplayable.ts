// What a browser has no decoder for. Pure.

/** How people call codecs, by how playlists begin to name them. */
const NAMES: Readonly<Record<string, string>> = { hvc1: 'H.265', hev1: 'H.265', av01: 'AV1', vp09: 'VP9', avc1: 'this kind of H.264', opus: 'Opus' };

/**
 * Names the codec that hls.js gave up on, or '' if it gave up on something else. `reason` is its own, which holds the codecs of each track in quotes;
 * `plays` says whether the browser has a decoder for one.
 */
export function unplayable(details: string, reason: string, plays: (codec: string) => boolean): string {
  if (!details.endsWith('IncompatibleCodecsError')) return '';
  const codecs = [...reason.matchAll(/"([^"]+)"/g)].flatMap(([, list = '']) => list.split(','));
  const codec = codecs.find((each) => !plays(each)) ?? '';
  return NAMES[codec.slice(0, 4).toLowerCase()] ?? (codec || 'this stream');
}

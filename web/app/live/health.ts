// How the sending goes, from what the browser counts.

export interface Health {
  readonly kbit: number; // a second, picture and sound
  readonly fps: number | null; // null: no picture
  readonly size: string; // '1280 × 720', or ''
  readonly lostPercent: number;
  readonly rttMs: number | null;
  /** Why the picture is poorer than it might be. */
  readonly limited: 'line' | 'device' | null;
}

/** What is needed of an RTCStats entry. */
type Entry = Readonly<Record<string, unknown>>;

interface Counted {
  readonly atMs: number;
  readonly bytes: number;
  readonly sent: number;
  readonly lost: number;
}

const number = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);

/** Reads one report after the other; the first gives null, for there is nothing to compare it with. */
export class HealthMeter {
  #before: Counted | null = null;

  read(entries: Iterable<Entry>, atMs: number): Health | null {
    let bytes = 0;
    let sent = 0;
    let lost = 0;
    let fps: number | null = null;
    let size = '';
    let rttMs: number | null = null;
    let limited: Health['limited'] = null;
    for (const entry of entries) {
      if (entry.type === 'outbound-rtp') {
        bytes += number(entry.bytesSent);
        sent += number(entry.packetsSent);
        if (entry.kind !== 'video') continue;
        fps = Math.round(number(entry.framesPerSecond));
        if (number(entry.frameWidth) > 0) size = `${number(entry.frameWidth)} × ${number(entry.frameHeight)}`;
        limited = entry.qualityLimitationReason === 'bandwidth' ? 'line' : entry.qualityLimitationReason === 'cpu' ? 'device' : null;
      } else if (entry.type === 'remote-inbound-rtp') {
        lost += Math.max(0, number(entry.packetsLost));
        if (typeof entry.roundTripTime === 'number') rttMs = Math.round(entry.roundTripTime * 1000);
      }
    }
    const before = this.#before;
    this.#before = { atMs, bytes, sent, lost };
    if (!before || atMs <= before.atMs) return null;
    const packets = Math.max(1, sent - before.sent);
    return {
      kbit: Math.max(0, Math.round(((bytes - before.bytes) * 8) / (atMs - before.atMs))),
      fps, size, rttMs, limited,
      lostPercent: Math.min(100, Math.max(0, ((lost - before.lost) / packets) * 100)),
    };
  }
}

/** Says in one sentence how it goes. */
export function healthWords(health: Health): string {
  if (health.kbit === 0) return 'Nothing is being sent.';
  if (health.lostPercent >= 5) return 'Your connection loses data: viewers may see it stand still.';
  if (health.limited === 'line') return 'Your connection is slow for this picture: choose a smaller one.';
  if (health.limited === 'device') return 'This device is slow for this picture: choose a smaller one.';
  return 'All is well.';
}

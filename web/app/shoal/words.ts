// Numbers in words. Pure.

export function viewersWatching(n: number): string {
  return n === 1 ? '1 viewer' : `${n} viewers`;
}

export function recordingsKept(n: number): string {
  return n === 1 ? '1 recording' : `${n} recordings`;
}

/** "shared by 3 viewers", "from the server": where the picture comes from now. */
export function whence(flowing: number): string {
  if (flowing === 0) return 'from the server';
  return `shared by ${viewersWatching(flowing)}`;
}

/** 0 B, 640 kB, 3.4 MB, 1.2 GB. */
export function bytes(n: number): string {
  const round = (value: number): string => (value < 10 ? value.toFixed(1) : String(Math.round(value)));
  if (n >= 1e9) return `${round(n / 1e9)} GB`;
  if (n >= 1e6) return `${round(n / 1e6)} MB`;
  if (n >= 1e3) return `${Math.round(n / 1e3)} kB`;
  return `${Math.round(n)} B`;
}

/** Rates as people know them from their contract: bits. */
export function rate(bytesPerSecond: number): string {
  const bits = bytesPerSecond * 8;
  if (bits >= 1e6) return `${(bits / 1e6).toFixed(1)} Mbit/s`;
  if (bits >= 1e3) return `${Math.round(bits / 1e3)} kbit/s`;
  return 'nothing now';
}

/** The share of `part` in `part + rest`, in whole per cent; null while there is nothing. */
export function percent(part: number, rest: number): number | null {
  const whole = part + rest;
  return whole > 0 ? Math.round((100 * part) / whole) : null;
}

export function behindLive(seconds: number | null): string {
  return seconds === null ? 'live' : `${seconds.toFixed(1)} s behind live`;
}

/** "22 Nov 2026, 19:27", as the reader's device writes it. */
export function day(when: string): string {
  const at = new Date(when);
  return Number.isNaN(at.getTime()) ? '' : at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/** "since 12 minutes", for the line under the picture. */
export function since(started: string | null, nowMs: number): string {
  const ms = started === null ? NaN : nowMs - Date.parse(started);
  if (!(ms >= 0)) return '';
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return 'started just now';
  if (minutes < 60) return `for ${minutes} min`;
  return `for ${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

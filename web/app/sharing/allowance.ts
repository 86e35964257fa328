// How much this viewer gives: never more, in total and with all that goes with it, than it has watched.

/** The rate may exceed the stream's, so that a burst (a key frame) is passed on before it is late. */
const BURST = 2;
/** While the stream's bit rate is unknown: about 4 Mbit/s. */
const RATE_UNKNOWN = 500_000;

/** Bytes a second that may be sent now, after `watchedBytes` came in (from anywhere) and `givenBytes` went out. */
export function uplinkAllowance(watchedBytes: number, givenBytes: number, bitsPerSecond: number | null): number {
  if (givenBytes >= watchedBytes) return 0;
  return Math.round((bitsPerSecond ? bitsPerSecond / 8 : RATE_UNKNOWN) * BURST);
}

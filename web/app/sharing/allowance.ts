// How much this viewer gives: never more, in total and with all that goes with it, than it has watched.

/** The rate may exceed the stream's, so that a burst (a key frame) is passed on before it is late. */
const BURST = 2;
/** While the stream's bit rate is unknown: about 4 Mbit/s. */
const RATE_UNKNOWN = 500_000;

/** Who has given all but so much of what he watched, in seconds of the stream, gives as fast as he watches, and with less left slower. */
const SPARE_S = 2;
/** Steps of the rate: each change makes the engine think its routes over. */
const STEPS = 4;

/**
 * Bytes a second that may be sent now, after `watchedBytes` came in (from anywhere) and `givenBytes` went out. It falls before
 * there is nothing left: an allowance that ends takes from others in one moment all that they have from here.
 */
export function uplinkAllowance(watchedBytes: number, givenBytes: number, bitsPerSecond: number | null): number {
  const rate = bitsPerSecond ? bitsPerSecond / 8 : RATE_UNKNOWN;
  const spareS = (watchedBytes - givenBytes) / rate;
  const times = Math.floor((STEPS * spareS) / SPARE_S) / STEPS;
  return Math.round(rate * Math.min(Math.max(times, 0), BURST));
}

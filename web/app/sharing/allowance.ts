// How much this viewer gives: never more, in total and with all that goes with it, than it has watched: line against line.

/** The rate may exceed the stream's, so that a burst (a key frame) is passed on before it is late. */
const BURST = 2;
/** While the stream's bit rate is unknown: about 4 Mbit/s. */
const RATE_UNKNOWN = 500_000;

/** Who has given all but so much of what he watched, in seconds of the stream, gives as fast as he watches, and with less left slower. */
const SPARE_S = 2;
/** Steps of the rate: each change makes the engine think its routes over. */
const STEPS = 4;

/** What goes with a piece is believed up to this share of it. */
const BESIDE_MAX = 0.25;

/** Media bytes since the page was opened; of what went out also all that goes with it. */
export interface Flow {
  readonly serverBytes: number;
  readonly peerBytes: number;
  readonly uploadBytes: number;
  readonly wireBytes: number;
}

/**
 * Bytes a second that may be sent now. It falls before there is nothing left: an allowance that ends takes from others in one
 * moment all that they have from here. What others send has headers as what is sent to them: were these counted only on the
 * way out, viewers who give each other everything would have to give less than they get.
 */
export function uplinkAllowance({ serverBytes, peerBytes, uploadBytes, wireBytes }: Flow, bitsPerSecond: number | null): number {
  const rate = bitsPerSecond ? bitsPerSecond / 8 : RATE_UNKNOWN;
  const beside = uploadBytes > 0 ? Math.min(wireBytes / uploadBytes - 1, BESIDE_MAX) : 0;
  const spareS = (serverBytes + peerBytes * (1 + beside) - wireBytes) / rate;
  const times = Math.floor((STEPS * spareS) / SPARE_S) / STEPS;
  return Math.round(rate * Math.min(Math.max(times, 0), BURST));
}

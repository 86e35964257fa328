// The clock in the picture: a row of blocks at the top edge, white for 1 and black for 0, least bit first.
//
// What it is: the ffmpeg filter that draws it, and the reader of its blocks. It tells the milliseconds since an instant that
// the bench chose, as they were when the frame came into being.
// Who calls it: studio.ts draws, witness.ts reads.
// What it owns: where the blocks are.
// What it will never do: guess. A block that is neither dark nor light makes the whole reading void.

/** Bits of the clock: 2^22 ms is more than an hour. */
export const CLOCK_BITS = 22;
/** Side of a block in pixels of a picture of PICTURE_WIDTH; a macroblock and a half outlives a strong compression. */
export const BLOCK = 10;
export const PICTURE_WIDTH = 320;
export const PICTURE_HEIGHT = 180;
export const FRAME_RATE = 12;
/** Left of it is what testsrc2 writes into its corner. */
export const BLOCKS_LEFT = 96;

/** A source for `ffmpeg -f lavfi`: a moving picture in real time with the clock that counts from `epochMs` (wall clock). */
export function clockedPicture(epochMs: number): string {
  const boxes = Array.from({ length: CLOCK_BITS }, (_, bit) => {
    const box = `drawbox=x=${BLOCKS_LEFT + bit * BLOCK}:y=0:w=${BLOCK}:h=${BLOCK}:t=fill`;
    const set = `mod(floor(t*1000/pow(2\\,${bit}))\\,2)`;
    return `${box}:c=white:enable='${set}',${box}:c=black:enable='not(${set})'`;
  });
  return [
    `testsrc2=size=${PICTURE_WIDTH}x${PICTURE_HEIGHT}:rate=${FRAME_RATE}`,
    'realtime',
    `settb=1/1000,setpts=(RTCTIME-${epochMs}*1000)/1000`, // for the boxes, the time of a frame is the wall clock
    ...boxes,
    `settb=1/${FRAME_RATE},setpts=N`,
  ].join(',');
}

/** The milliseconds that blocks of these brightnesses (0 to 255) tell, or null. */
export function readBlocks(brightness: readonly number[]): number | null {
  const dark = 90;
  const light = 165;
  let ms = 0;
  for (const [bit, value] of brightness.entries()) {
    if (value > dark && value < light) return null;
    if (value >= light) ms += 2 ** bit;
  }
  return ms;
}

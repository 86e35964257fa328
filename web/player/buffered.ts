/** A hole so small is played over by every browser. */
const HOLE_S = 0.1;

/** How many seconds the buffer reaches ahead of the frame on screen. */
export function bufferedAhead(media: Pick<HTMLMediaElement, 'buffered' | 'currentTime'>): number {
  const { buffered, currentTime } = media;
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= currentTime + HOLE_S && currentTime < buffered.end(i)) return buffered.end(i) - currentTime;
  }
  return 0;
}

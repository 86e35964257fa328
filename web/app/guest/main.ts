// shoal-hls.js: see guest.ts.
import { Guest, type Choices } from './guest';

/** Returns the loaders of a channel for an hls.js of the page's own: `new Hls({ ...shoal.config })`, then `shoal.attach(hls)`. */
export function shoalLoaders(choices: Choices): Guest {
  return new Guest(choices);
}

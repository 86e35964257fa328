// shaka-player, which plays low latency when the stream offers it. What it calls an error counts, recoverable or not.
import shaka from 'shaka-player/dist/shaka-player.compiled.js';
import { asItComes, complain, screen, source } from './page';

const player = new shaka.Player();
// By its default, 5.2 works out for each part how far its times are from the playlist's. If the part's are later, which they are for whoever
// joins a running stream, it sets the source buffer a millisecond off, then finds that millisecond or not, as rounding has it, and each
// time resets the buffer, so that the browser leaves out all pictures up to the next key frame (shaka-player#10589; mended by #10559,
// which 5.2.12 is without). Sequence mode, the default before 5.2, appends part to part.
if (!asItComes) player.configure('manifest.hls.sequenceMode', true);
const told = (error: { code: number; data?: unknown[] }): void => complain(`${error.code}: ${JSON.stringify(error.data)}`);
player.addEventListener('error', (event: unknown) => told((event as { detail: { code: number; data?: unknown[] } }).detail));
player.attach(screen()).then(() => player.load(source)).catch(told);

// video.js as it comes, with the HLS engine inside it (VHS). Its errors, and what it warns of in the log, count.
import videojs from 'video.js';
import { complain, screen, source } from './page';

const player = videojs(screen(), { muted: true, autoplay: true });
player.on('error', () => complain(`${player.error()?.code}: ${player.error()?.message}`));
const log = videojs.log as unknown as { error: (...what: unknown[]) => void };
const error = log.error;
log.error = (...what) => {
  complain(`log: ${what.map(String).join(' ')}`);
  error(...what);
};
player.src({ src: source, type: 'application/vnd.apple.mpegurl' });

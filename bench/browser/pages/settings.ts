// What the bench asks of a page that is not ours, and what any site does around a player.
import Hls, { type HlsConfig } from 'hls.js';
import type { PlayerSettings } from '../engines';

export function settings(): PlayerSettings & { readonly hls: Partial<HlsConfig> } {
  return JSON.parse(new URLSearchParams(location.search).get('settings') ?? '{}') as PlayerSettings;
}

/** Loads and plays, and begins again after what hls.js calls fatal, as its documentation asks of sites. */
export function keepPlaying(hls: Hls): void {
  const video = document.querySelector('video');
  if (!video) return;
  hls.on(Hls.Events.ERROR, (_event, data) => {
    if (!data.fatal) return;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
    else hls.startLoad();
  });
  hls.on(Hls.Events.MANIFEST_PARSED, () => void video.play().catch(() => undefined));
  hls.loadSource(settings().source);
  hls.attachMedia(video);
}

// p2p-media-loader, as its documentation sets it up. What it says of itself is kept in runs.json; no figure comes from it.
import Hls from 'hls.js';
import { HlsJsP2PEngine } from 'p2p-media-loader-hlsjs';
import { keepPlaying, settings } from './settings';

declare global {
  interface Window { shoal?: { report(): unknown } }
}

const HlsWithP2P = HlsJsP2PEngine.injectMixin(Hls as never) as unknown as new (config: object) => Hls;
const { hls: config, p2p } = settings();
const hls = new HlsWithP2P({ ...config, p2p: { core: p2p } });
const told = { peers: 0, http: 0, p2p: 0 };
const engine = (hls as unknown as { p2pEngine: HlsJsP2PEngine }).p2pEngine;
engine.addEventListener('onPeerConnect', () => told.peers++);
engine.addEventListener('onPeerClose', () => told.peers--);
engine.addEventListener('onChunkDownloaded', (bytes, source) => {
  told[source] += bytes;
});
window.shoal = { report: () => ({ ...told, behind: hls.targetLatency }) };
keepPlaying(hls);

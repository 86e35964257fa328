// p2p-media-loader, as its documentation sets it up.
import Hls from 'hls.js';
import { HlsJsP2PEngine } from 'p2p-media-loader-hlsjs';
import { keepPlaying, settings } from './settings';

const HlsWithP2P = HlsJsP2PEngine.injectMixin(Hls as never) as unknown as new (config: object) => Hls;
const { hls: config, p2p } = settings();
const hls = new HlsWithP2P({ ...config, p2p: { core: p2p } });
keepPlaying(hls);

// Plain hls.js.
import Hls from 'hls.js';
import { keepPlaying, settings } from './settings';

const hls = new Hls(settings().hls);
keepPlaying(hls);

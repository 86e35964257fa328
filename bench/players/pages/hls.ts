// hls.js as it comes, in low-latency mode, which is its default. What it calls an error counts, fatal or not.
import Hls from 'hls.js';
import { complain, screen, source } from './page';

const hls = new Hls({ lowLatencyMode: true });
hls.on(Hls.Events.ERROR, (_event, data) => complain(`${data.fatal ? 'fatal ' : ''}${data.details}: ${data.error.message}`));
hls.loadSource(source);
hls.attachMedia(screen());

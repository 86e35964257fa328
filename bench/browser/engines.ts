// The engines that are compared, each with its settings and why.
import { PAGES_PATH, PLAIN_PATH, TRACKER_PATH } from './counter';

/** What a page of another engine is told in its address. */
export interface PlayerSettings {
  readonly source: string;
  readonly hls: object;
  readonly p2p?: object;
}

/** What an engine is told of the house. */
export interface Place {
  /** Where viewers reach the server, without a closing slash. */
  readonly url: string;
  readonly channel: string;
  readonly stun: string;
  /** Seconds behind live that are asked of those that can be asked. */
  readonly targetS: number;
}

export interface Engine {
  readonly name: string;
  readonly means: string;
  /** Length of the stream's segments in seconds, where it is not the bench's. */
  readonly segmentS?: number;
  /** The choice on the page that is a viewer's yes to sharing, where the address does not say it. */
  readonly yes?: string;
  address(place: Place): string;
}

/** p2p-media-loader 2.3.1 has no tracker and STUN of its own that would work offline; these are given to it. */
function p2pml(place: Place, hls: object, p2p: object = {}): string {
  return plain('p2pml', place, hls, {
    announceTrackers: [`${place.url.replace('http', 'ws')}${TRACKER_PATH}`],
    rtcConfig: { iceServers: [{ urls: place.stun }] },
    ...p2p,
  });
}

/**
 * With ordinary playlists and whole segments. p2p-media-loader can share nothing else: given parts, or the reloads that
 * low-latency playlists ask for (_HLS_skip), it leaves nearly everything to the origin.
 */
function plain(name: 'hls' | 'p2pml', place: Place, hls: object, p2p?: object): string {
  return player(name, place, `${PLAIN_PATH}${place.channel}/master.m3u8`, { lowLatencyMode: false, ...hls }, p2p);
}

function player(name: 'hls' | 'p2pml', place: Place, source: string, hls: object, p2p?: object): string {
  const settings: PlayerSettings = { source: place.url + source, hls, ...(p2p ? { p2p } : {}) };
  return `${place.url}${PAGES_PATH}player.html?player=${name}&settings=${encodeURIComponent(JSON.stringify(settings))}`;
}

/** As far behind live as asked; further behind than three times that, it jumps, as ours does. */
function near({ targetS }: Place): object {
  return { liveSyncDuration: targetS, liveMaxLatencyDuration: targetS * 3 };
}

/** How far behind live p2p-media-loader is when it is tuned for live, and what it then takes by HTTP before the playhead. */
const P2PML_LIVE_S = 10;
const P2PML_LIVE_DEMAND_S = 4;
/** The nearest that still shares: one segment and a half, of segments of a second. */
const P2PML_1S_DEMAND_S = 1.5;

export const engines: readonly Engine[] = [
  {
    name: 'shoal', means: 'ours: the page for other sites, sharing allowed',
    address: ({ url, channel, targetS }) => `${url}/embed/${channel}?share=yes&latency=${targetS}`,
  },
  {
    name: 'hls', means: 'hls.js 1.7.4 without low latency: three segments behind live',
    address: (place) => plain('hls', place, {}),
  },
  {
    name: 'hls-ll', means: 'hls.js with low latency, as far behind live as asked',
    address: (place) => player('hls', place, `/hls/${place.channel}/master.m3u8`, { lowLatencyMode: true, ...near(place) }),
  },
  {
    name: 'p2pml', means: 'p2p-media-loader 2.3.1 at its defaults: as far behind live as the playlist reaches',
    address: (place) => p2pml(place, {}),
  },
  {
    name: 'p2pml-live', means: `the same tuned for live: ${P2PML_LIVE_S} s behind, what is due within ${P2PML_LIVE_DEMAND_S} s by HTTP`,
    address: (place) => p2pml(place, { liveSyncDuration: P2PML_LIVE_S }, { highDemandTimeWindow: P2PML_LIVE_DEMAND_S }),
  },
  {
    name: 'p2pml-near', means: 'the same at its defaults, but as far behind live as asked',
    address: (place) => p2pml(place, near(place)),
  },
  {
    name: 'p2pml-1s', means: `the same as far behind live as asked, segments of 1 s, what is due within ${P2PML_1S_DEMAND_S} s by HTTP`,
    segmentS: 1,
    address: (place) => p2pml(place, near(place), { highDemandTimeWindow: P2PML_1S_DEMAND_S }),
  },
  {
    name: 'shoal-off', means: 'ours without sharing',
    address: ({ url, channel, targetS }) => `${url}/embed/${channel}?share=no&latency=${targetS}`,
  },
  {
    name: 'shoal-page', means: 'ours: the whole watch page, with the picture of the shoal',
    address: ({ url, channel }) => `${url}/c/${channel}?share=yes`,
  },
  {
    name: 'shoal-asked', means: 'the same, but each viewer says yes when he has watched for 5 s: how soon does the first media come from others?',
    yes: 'Share with other viewers',
    address: ({ url, channel }) => `${url}/c/${channel}`,
  },
];

/** What is run when nobody asks for others. */
export const usual: readonly string[] = ['shoal', 'hls', 'hls-ll', 'p2pml', 'p2pml-live', 'p2pml-near', 'p2pml-1s'];

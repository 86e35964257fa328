// A page with an hls.js of its own: our doors for it, and sharing beside it.
//
// What it is: fLoader and pLoader for somebody else's Hls, and what the player does around them otherwise.
// Who calls it: main.ts gives it to the page.
// What it owns: the company, the stall meter, the clock that looks at both once a second.
// What it will never do: steer hls.js; use more of it than it promises; share without a yes of the viewer.
import type { default as Hls, HlsConfig } from 'hls.js';
import { withToken } from '../../player/address';
import { bufferedAhead } from '../../player/buffered';
import { Calm } from '../../player/calm';
import { LIVE_TARGET_S, liveMax } from '../../player/distance';
import { fragmentLoader } from '../../player/fragments';
import { Listings } from '../../player/listings';
import { ServerPace } from '../../player/pace';
import { EdgeTrust, Patience } from '../../player/patience';
import { playlistLoader } from '../../player/playlists';
import { StallMeter, type PictureEvent } from '../../player/stalls';
import { ALL_TRACKS, tracksPlayed } from '../../player/tracks';
import { askChannel } from '../channels/api';
import { readChannel } from '../element/attributes';
import { readLatency } from '../element/latency';
import type { Trouble } from '../element/state';
import { uplinkAllowance } from '../sharing/allowance';
import { memory, yesOfViewer } from '../sharing/consent';
import { FlowMeter, still } from '../shoal/flows';
import { Company, type Sharing } from '../visit/company.svelte';
import { report, type Report } from '../visit/report';
import { Admission } from './admission';

/** What is used of the page's Hls: all of it is in hls.js's documented interface. */
export type GuestHls = Pick<
  Hls, 'media' | 'playingDate' | 'latency' | 'ttfbEstimate' | 'bandwidthEstimate' | 'currentLevel' | 'levels' | 'loadLevel' | 'audioTracks' | 'audioTrack'
>;

export interface Choices {
  /** https://SERVER/c/NAME, or NAME on the server that this program came from. */
  readonly channel: string;
  /** The pass to a private channel. */
  readonly token?: string;
  /** Seconds behind live, from 2 to 10; 3 unless said otherwise, as all viewers of a channel should have it. */
  readonly latency?: number;
}

/** How often player and swarm are looked at. */
const LOOK_MS = 1_000;
/** hls.js hurries by this much at most to stay in step with the others. */
const HURRY = 1.05;
/** Bits a second of the line, while hls.js has no estimate: its own default. */
const START_BITS = 500_000;

export class Guest extends EventTarget {
  /** The master playlist: what to give to loadSource. */
  readonly source: string;
  /** To spread into the page's own configuration of hls.js. */
  readonly config: Partial<HlsConfig>;
  readonly #company: Company;
  readonly #admission: Admission;
  readonly #pace = new ServerPace();
  readonly #stalls = new StallMeter();
  readonly #flows = new FlowMeter();
  readonly #calm = new Calm(Math.random);
  readonly #patience = new Patience();
  readonly #began = performance.now();
  readonly #listings = new Listings();
  #follows = ALL_TRACKS;
  #currents = still;
  #httpBytes = 0;
  #startupMs: number | null = null;
  #hls: GuestHls | null = null;
  #media: HTMLMediaElement | null = null;
  #listeners = new AbortController();
  #timer: ReturnType<typeof setInterval> | undefined;
  #told = '';

  /** It throws, in words, if `channel` is none, or `latency` out of bounds. */
  constructor({ channel, token: pass, latency }: Choices) {
    super();
    const where = readChannel(channel, new URL(import.meta.url).origin, location);
    if (typeof where === 'string') throw new TypeError(`shoal: ${where}`);
    const distanceS = readLatency(latency === undefined ? null : String(latency));
    if (typeof distanceS === 'string') throw new TypeError(`shoal: ${distanceS}`);
    const { name, base } = where;
    const token = pass || where.token;
    this.source = withToken(`${base}/hls/${name}/master.m3u8`, token);
    this.#company = new Company({ name, base, token, counts: () => this.#counts() }, memory());
    this.#company.allow(false); // until the server has said that viewers may
    this.#admission = new Admission({ name, base }, () => askChannel(base, name, token), (channel) => {
      if (channel) this.#company.allow(channel.sharing.allowed);
      this.#tell();
    });
    this.config = this.#configure(token, distanceS ?? LIVE_TARGET_S);
    this.#calm.begins(this.#began);
  }

  /** Tells which Hls was made with the configuration. */
  attach(hls: GuestHls): void {
    this.#hls = hls;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#look();
  }

  /** The viewer's yes, which the page has asked for: it counts only while a click or key of the viewer is being handled. */
  startSharing(): Promise<void> {
    const refused = yesOfViewer();
    if (refused) return Promise.reject(refused);
    this.#company.choose('yes');
    this.#tell();
    return Promise.resolve();
  }

  /** The viewer's no. Every connection to another viewer is closed on return. */
  stopSharing(): void {
    this.#company.choose('no');
    this.#tell();
  }

  /** What was delivered, by whom and how well; `trouble` is why nobody can share here, or null. */
  report(): Report & { readonly trouble: Trouble | null } {
    const now = performance.now();
    const { trouble } = this.#admission;
    return { trouble, ...report({
      startupMs: this.#startupMs, latencyS: this.#latencyS, stalls: this.#stalls.stalls(now), stalledMs: this.#stalls.stalledMs(now),
      playerHttpBytes: this.#httpBytes, totals: this.#company.totals(), peers: this.#company.stats()?.peers ?? 0,
      sourcesNow: this.#currents.sourcesNow, flows: this.#currents.flows, viewers: this.#company.tracker.viewers,
      engine: this.#company.swarm ? 'wasm' : 'off', sharing: this.#sharing, consent: this.#company.consent,
    }) };
  }

  /** Ends all of it: call it when the Hls is destroyed. */
  stop(): void {
    clearInterval(this.#timer);
    this.#listeners.abort();
    this.#admission.stop();
    this.#company.end();
    this.#hls = this.#media = null;
  }

  #configure(token: string, distanceS: number): Partial<HlsConfig> {
    const latencyMs = (): number => (Number.isFinite(this.#hls?.ttfbEstimate) ? (this.#hls?.ttfbEstimate ?? 0) : 0);
    return {
      lowLatencyMode: true,
      liveSyncDuration: distanceS,
      liveMaxLatencyDuration: liveMax(distanceS),
      maxLiveSyncPlaybackRate: HURRY,
      fLoader: fragmentLoader({
        pace: this.#pace,
        token,
        source: () => this.#company.source,
        patienceMs: () => this.#patience.now(this.#bufferMs, performance.now()),
        vain: () => this.#patience.vain(this.#bufferMs, performance.now()),
        latencyMs,
        estimate: () => (this.#hls?.bandwidthEstimate || START_BITS) / 8000,
        fetched: (bytes) => {
          this.#httpBytes += bytes;
        },
      }),
      pLoader: playlistLoader({
        trust: new EdgeTrust(), listings: this.#listings, token, edges: () => this.#company.edges, records: () => this.#company.swarm,
      }),
    };
  }

  #look(): void {
    const hls = this.#hls;
    if (!hls) return;
    if (hls.media !== this.#media) this.#watch(hls.media);
    this.#follow(hls);
    const media = this.#media;
    const { swarm } = this.#company;
    if (media && swarm && hls.playingDate) {
      swarm.setPlayhead({ wallMs: hls.playingDate.getTime(), bufferMs: this.#bufferMs, playing: !media.paused && !media.ended });
    }
    const totals = this.#company.totals();
    const serverBytes = this.#httpBytes + totals.engineHttpBytes;
    this.#company.stood(this.#stalls.stalls(performance.now()), performance.now());
    swarm?.setUplink(uplinkAllowance({ ...totals, serverBytes }, hls.levels[Math.max(hls.currentLevel, 0)]?.maxBitrate ?? null));
    this.#currents = this.#flows.read({ atMs: performance.now(), serverBytes, neighbours: this.#company.stats()?.neighbours ?? [] });
    this.#tell();
  }

  /** Says which tracks are played from now on. */
  #follow(hls: GuestHls): void {
    if (hls.loadLevel < 0) return;
    const tracks = tracksPlayed(hls);
    if (tracks.join() === this.#follows.join()) return;
    this.#follows = tracks;
    this.#listings.turn(tracks);
    this.#company.follow(tracks);
  }

  /** Listens to the element that the picture is in now. */
  #watch(media: HTMLMediaElement | null): void {
    this.#listeners.abort();
    this.#listeners = new AbortController();
    this.#media = media;
    this.#stalls.hear('reset', performance.now());
    if (!media) return;
    const options = { signal: this.#listeners.signal };
    const heard: readonly PictureEvent[] = ['waiting', 'playing', 'seeking', 'seeked', 'pause', 'play', 'ended'];
    for (const name of heard) media.addEventListener(name, () => this.#stalls.hear(name, performance.now()), options);
    media.addEventListener('timeupdate', () => this.#moves(media), options);
    if (!media.paused && media.readyState > 2) this.#moves(media);
  }

  #moves(media: HTMLMediaElement): void {
    if (media.paused || media.seeking || media.readyState < 3) return;
    const now = performance.now();
    this.#stalls.hear('advanced', now);
    this.#startupMs ??= Math.round(now - this.#began);
    if (this.#admission.granted) this.#company.open(); // who is not admitted cannot even join to watch
    if (this.#calm.moves(this.#bufferMs, now)) this.#company.calm();
  }

  get #bufferMs(): number {
    return this.#media ? bufferedAhead(this.#media) * 1000 : 0;
  }

  get #latencyS(): number | null {
    const wallMs = this.#hls?.playingDate?.getTime();
    const offset = this.#company.tracker.clockOffsetMs;
    if (wallMs !== undefined && offset !== null) return Math.max(0, (Date.now() + offset - wallMs) / 1000);
    return this.#startupMs === null ? null : (this.#hls?.latency ?? null);
  }

  #counts(): { httpBytes: number; stalls: number; stalledMs: number } {
    const now = performance.now();
    return { httpBytes: this.#httpBytes, stalls: this.#stalls.stalls(now), stalledMs: Math.round(this.#stalls.stalledMs(now)) };
  }

  /** A yes is remembered where nobody can share, and said to be of no use. */
  get #sharing(): Sharing {
    const { sharing, consent } = this.#company;
    return this.#admission.trouble && consent === 'yes' ? 'unable' : sharing;
  }

  #tell(): void {
    const { consent, rest } = this.#company;
    const detail = { sharing: this.#sharing, consent, rest, trouble: this.#admission.trouble };
    const told = JSON.stringify(detail);
    if (told === this.#told) return;
    this.#told = told;
    this.dispatchEvent(new CustomEvent('sharingchange', { detail }));
  }
}

// One video element and one hls.js: it starts, repairs itself, starts again, and tells what it sees.
//
// What it is: the only file that steers hls.js.
// Who calls it: web/app/visit, which knows whether the channel is live and whether the viewer shares.
// What it owns: the hls.js instance, the stall meter, the estimate of the server's speed.
// What it will never do: know of people, consent or the tracker; it is handed sources through Surroundings.
import type { default as Hls, LevelDetails } from 'hls.js';
import { mediaAddress } from './address';
import { bufferedAhead } from './buffered';
import { Calm } from './calm';
import { Choices } from './choices';
import { Keeping } from './keeping';
import { Listings } from './listings';
import { ServerPace } from './pace';
import { ALL_TRACKS, tracksPlayed } from './tracks';
import { EdgeTrust, Patience, recordedPatience } from './patience';
import { Recovery, type Failure } from './recovery';
import { StallMeter, type PictureEvent } from './stalls';
import { Texts } from './texts';
import { unplayable } from './unplayable';
import type { LoadHls, Surroundings } from './surroundings';
import type { Playhead } from './swarm';

/** With more than this ahead a failed load is tried on; with less it begins again. */
const SPARE_MS = 300;

export class Player {
  readonly stalls = new StallMeter();
  readonly pace = new ServerPace();
  readonly texts: Texts;
  readonly choices: Choices;
  httpBytes = 0;
  /** Playback with sound was refused by the browser: it runs muted until the viewer asks for sound. */
  soundBlocked = false;
  #hls: Hls | null = null;
  readonly #load: LoadHls;
  #begun = 0; // counts, so that what an older beginning still waited for is not done
  #video: HTMLVideoElement;
  #around: Surroundings;
  #trust = new EdgeTrust();
  #patience = new Patience();
  #listings = new Listings();
  #recovery = new Recovery();
  readonly #keeping: Keeping;
  #follows = ALL_TRACKS;
  #url: string | null = null;
  /** Where to begin in what is recorded, in seconds; null: it is live. */
  #from: number | null = null;
  #epoch: number | null = null;
  #framed = false;
  /** The browser had no decoder when it was last tried. */
  #lacks = false;
  #movedAt = -Infinity;
  #calm = new Calm(Math.random);
  #retry: ReturnType<typeof setTimeout> | undefined;
  #listeners = new AbortController();

  constructor(video: HTMLVideoElement, load: LoadHls, around: Surroundings) {
    this.#video = video;
    this.#load = load;
    this.#around = around;
    this.choices = new Choices(around.hears, () => around.changed());
    this.#keeping = new Keeping(video);
    this.texts = new Texts(video, around.reads, navigator.languages, () => around.changed(), this.#listeners.signal);
    this.#listen();
  }

  /** Plays the channel whose master playlist is at `url`, from the live edge. Also: another broadcast of it. */
  start(url: string): void {
    this.stalls.hear('reset', performance.now());
    this.#from = null;
    this.#begin(url);
  }

  /** Plays what is recorded, from a place in its playlist, in seconds. */
  replay(url: string, fromS: number): void {
    this.stalls.hear('reset', performance.now());
    this.#from = fromS;
    this.#begin(url);
    this.#video.playbackRate = 1; // nobody is caught up with
  }

  #begin(url: string): void {
    clearTimeout(this.#retry);
    this.#recovery.begins();
    this.#url = url;
    this.#epoch = null;
    this.#framed = false;
    this.#calm.begins(performance.now());
    this.#keeping.begins();
    this.#drop();
    void this.#open(url, ++this.#begun);
  }

  async #open(url: string, begun: number): Promise<void> {
    const able = 'MediaSource' in globalThis || 'ManagedMediaSource' in globalThis;
    const kit = able ? await this.#load().catch(() => null) : null;
    if (begun !== this.#begun || this.#url !== url) return;
    if (able && !kit) return this.#mend('network', 'The player could not be loaded.');
    if (kit?.playable()) this.#startHls(url, kit);
    else if (this.#video.canPlayType('application/vnd.apple.mpegurl')) this.#video.src = url;
    else this.#around.troubled('This browser can play neither Media Source nor HLS.');
    void this.#play();
  }

  /** Stops loading; what is buffered is played to its end if `drain`. */
  stop(drain: boolean): void {
    clearTimeout(this.#retry);
    this.stalls.hear('ended', performance.now());
    this.#url = null;
    if (drain) this.#hls?.stopLoad();
    else this.#drop();
  }

  destroy(): void {
    this.stop(false);
    this.#listeners.abort();
  }

  #startHls(url: string, kit: Awaited<ReturnType<LoadHls>>): void {
    const token = this.#around.token;
    const media = {
      pace: this.pace,
      token,
      source: () => (this.choices.turning ? null : this.#around.source()),
      patienceMs: () => (this.#from === null ? this.#patience.now(this.bufferMs, performance.now()) : recordedPatience(this.bufferMs)),
      vain: () => this.#patience.vain(this.bufferMs, performance.now()),
      fetched: (bytes: number) => {
        this.httpBytes += bytes;
      },
    };
    const { edges, records } = this.#around;
    const { Events } = kit;
    const desk = { trust: this.#trust, listings: this.#listings, token, edges, records, resting: () => this.#around.resting() };
    const hls = this.#from === null
      ? kit.makeHls(media, desk, () => this.#around.companions(), () => this.#around.clockOffsetMs(), this.#around.distanceS())
      : kit.makeRecordedHls(media, this.#from);
    this.#hls = hls;
    this.choices.of(hls);
    hls.on(Events.ERROR, (_event, data) => {
      if (!data.fatal || this.#hls !== hls) return;
      const codec = unplayable(data.details, data.reason ?? '', kit.decodes);
      if (codec) this.#wait(codec, data.details);
      else if (data.details === 'mediaSourceRequiresReset') this.#mend('source', data.details);
      else this.#mend(data.type === 'mediaError' ? 'media' : 'network', data.details);
    });
    hls.on(Events.LEVEL_LOADED, (_event, data) => this.#looked(data.details));
    hls.on(Events.MANIFEST_LOADED, (_event, { captions }) => this.texts.declare(captions?.some(({ instreamId }) => instreamId?.startsWith('CC')) ?? false));
    hls.on(Events.MANIFEST_PARSED, () => {
      if (this.#lacks) this.#recovery.forget(); // it waited for a decoder's sake; nothing has failed yet
      this.#lacks = false;
      this.#follow(hls);
      this.#around.changed();
    });
    hls.on(Events.LEVEL_SWITCHING, () => this.#follow(hls));
    hls.on(Events.AUDIO_TRACK_SWITCHING, () => {
      this.#follow(hls);
      this.#around.changed();
    });
    hls.on(Events.AUDIO_TRACK_SWITCHED, () => this.choices.turned());
    hls.on(Events.LEVEL_SWITCHED, () => this.#around.changed());
    hls.loadSource(url);
    hls.attachMedia(this.#video);
  }

  /** Says which tracks are played from now on: what is in the buffer of others needs nobody any more. */
  #follow(hls: Hls): void {
    if (this.#hls !== hls || hls.loadLevel < 0) return;
    const tracks = tracksPlayed(hls);
    if (tracks.join() === this.#follows.join()) return;
    this.#follows = tracks;
    this.#listings.turn(tracks);
    this.#around.follows(tracks);
  }

  #drop(): void {
    this.#hls?.destroy();
    this.#hls = null;
    this.choices.of(null);
    if (this.#video.hasAttribute('src')) {
      this.#video.removeAttribute('src');
      this.#video.load();
    }
  }

  /** A broadcast that began again has another epoch; its parts do not fit into the buffers of the one before. */
  #looked(details: LevelDetails): void {
    if (this.#from !== null) return this.#around.changed();
    const last = details.partList?.at(-1) ?? details.fragments.at(-1);
    const address = mediaAddress(last?.url ?? '');
    if (address) {
      const epoch = address.kind === 'part' ? address.part.epoch : address.segment.epoch;
      if (this.#epoch !== null && this.#epoch !== epoch) this.#around.doubted();
      this.#epoch = epoch;
    }
    if (!details.live) this.#around.doubted();
  }

  #mend(failure: Failure, detail: string): void {
    const remedy = this.#recovery.failed(failure, performance.now());
    if (remedy.do === 'nothing') return;
    if (remedy.do === 'repair') return this.#repair(remedy.withinMs, detail);
    if (remedy.tell) this.#around.troubled(detail);
    this.#around.doubted();
    this.#again(remedy.afterMs, failure);
  }

  #repair(withinMs: number, detail: string): void {
    const since = performance.now();
    this.#hls?.recoverMediaError();
    void this.#play();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      const { paused, readyState } = this.#video;
      if (this.#url !== null && !(paused ? readyState >= 2 : this.#movedAt > since)) this.#mend('media', detail);
    }, withinMs);
  }

  /** The browser has no decoder: nothing here can be repaired, and another rung may still come. */
  #wait(codec: string, detail: string): void {
    this.#lacks = true;
    this.#around.troubled(detail, codec);
    const remedy = this.#recovery.failed('network', performance.now());
    if (remedy.do === 'rebuild') this.#again(remedy.afterMs, 'source');
  }

  #again(afterMs: number, failure: Failure): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      if (this.#url === null) return;
      if (failure === 'network' && this.#hls && this.bufferMs > SPARE_MS) { // what is buffered shall still be seen
        this.#recovery.begins();
        return this.#hls.startLoad();
      }
      this.stalls.hear('waiting', performance.now()); // the viewer sees no difference
      if (this.#from !== null && this.#framed) this.#from = this.#video.currentTime;
      this.#begin(this.#url);
    }, afterMs);
  }

  async #play(): Promise<void> {
    const video = this.#video;
    try {
      await video.play();
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError' || video.muted) return;
      video.muted = true;
      this.soundBlocked = true;
      this.#around.changed();
      await video.play().catch(() => undefined);
    }
  }

  #listen(): void {
    const video = this.#video;
    const options = { signal: this.#listeners.signal };
    const heard: readonly PictureEvent[] = ['waiting', 'playing', 'seeking', 'seeked', 'pause', 'play', 'ended'];
    for (const name of heard) {
      video.addEventListener(name, () => this.#hear(name), options);
    }
    video.addEventListener('pause', () => this.#standStill(true), options);
    video.addEventListener('play', () => this.#standStill(false), options);
    video.addEventListener('timeupdate', () => {
      // Some browsers announce `waiting` while the clock still runs, and never `playing`: moving time ends a stall.
      if (video.paused || video.seeking || video.readyState < 3 || !video.playbackRate) return;
      this.#hear('advanced');
      this.#keepStep();
      if (this.#framed && this.#calm.moves(this.bufferMs, performance.now())) this.#around.calm();
    }, options);
    video.addEventListener('loadeddata', () => this.#frame(), options);
    video.addEventListener('volumechange', () => {
      if (!video.muted) this.soundBlocked = false;
      this.#around.changed();
    }, options);
    video.addEventListener('error', () => {
      if (!this.#hls && video.error && this.#url !== null) this.#mend('network', video.error.message);
    }, options);
  }

  #hear(event: PictureEvent): void {
    if (this.#url === null) return; // what stands still after the end is no stall
    if (event === 'playing' && !this.#video.playbackRate) return; // returns.ts holds it
    this.stalls.hear(event, performance.now());
    if (event === 'playing' || event === 'advanced') {
      this.#movedAt = performance.now();
      this.#recovery.moves(this.#movedAt);
      this.#frame();
    }
    if (event !== 'advanced') this.#around.changed();
  }

  #standStill(still: boolean): void {
    if (this.#hls && this.#from === null) this.#keeping.pauses(this.#hls, still, this.#around.distanceS());
  }

  #keepStep(): void {
    const behindS = this.latencyS;
    if (!this.#hls || behindS === null || this.#from !== null) return;
    this.#keeping.moves(this.#hls, {
      behindS, distanceS: this.#around.distanceS(), bufferMs: this.bufferMs, stalls: this.stalls.stalls(performance.now()),
    });
  }

  #frame(): void {
    if (this.#framed || this.#video.readyState < 2) return;
    this.#framed = true;
    this.#around.shown();
  }

  /** How far the buffer reaches ahead of the frame on screen. */
  get bufferMs(): number {
    return bufferedAhead(this.#video) * 1000;
  }

  /** Wall-clock time, on the server's clock, of the frame on screen. */
  get wallMs(): number | null {
    return this.#hls?.playingDate?.getTime() ?? null;
  }

  /** Seconds behind the server's clock, or null while nothing plays. */
  get latencyS(): number | null {
    if (!this.#framed) return null;
    const wall = this.wallMs;
    const offset = this.#around.clockOffsetMs();
    if (wall !== null && offset !== null) return Math.max(0, (Date.now() + offset - wall) / 1000);
    return this.#hls ? this.#hls.latency : null;
  }

  get playhead(): Playhead | null {
    const wallMs = this.wallMs;
    return wallMs === null ? null : { wallMs, bufferMs: this.bufferMs, playing: !this.#video.paused && !this.#video.ended };
  }

  /** Where in what is recorded the picture is, and how long all of it lasts, in seconds; null while unknown, or live. */
  get place(): { readonly atS: number; readonly lastsS: number } | null {
    const { currentTime, duration } = this.#video;
    return this.#from !== null && this.#framed && Number.isFinite(duration) ? { atS: currentTime, lastsS: duration } : null;
  }

  get currentTime(): number {
    return this.#video.currentTime;
  }

  seekTo(seconds: number): void {
    this.#video.currentTime = seconds;
  }

  /** Further behind than everybody else: a button leads back. */
  get behind(): boolean {
    const hls = this.#hls;
    return hls !== null && this.#framed && hls.latency > (hls.targetLatency ?? this.#around.distanceS()) + 2;
  }

  /** Back and forth within what the server still has. */
  seekBy(seconds: number): void {
    const { seekable, currentTime } = this.#video;
    if (!seekable.length) return;
    this.#keeping.astray = true;
    this.#video.currentTime = Math.min(Math.max(currentTime + seconds, seekable.start(0)), seekable.end(seekable.length - 1));
  }

  jumpToLive(): void {
    this.#keeping.astray = false;
    this.#video.currentTime = this.#hls?.liveSyncPosition ?? this.#video.currentTime;
    void this.#play();
  }

  /** Tries again at once, after the viewer asked for it. */
  retry(url: string): void {
    this.#recovery.forget();
    if (this.soundBlocked) this.#video.muted = false; // a press is what the browser waited for
    this.#begin(url);
  }

  /** Bits a second of the stream, as its master playlist says; null while unknown. */
  get bitrate(): number | null {
    return this.#hls?.levels[Math.max(this.#hls.currentLevel, 0)]?.maxBitrate ?? null;
  }
}

// One visit of one channel: is it live, does it play, who is here, what does it tell.
//
// What it is: the state behind the watch page and the frame page.
// Who calls it: watch/, embed/ and element/.
// What it owns: the player, the company, the clock that looks at both once a second.
// What it will never do: decide anything about media; player/ does.
import { withToken } from '../../player/address';
import { LIVE_TARGET_S } from '../../player/distance';
import { Player } from '../../player/player';
import type { Quality } from '../../player/qualities';
import type { Sound } from '../../player/sounds';
import type { TextChoice } from '../../player/texts';
import { askChannel, type Channel } from '../channels/api';
import { uplinkAllowance } from '../sharing/allowance';
import type { Whose } from '../recordings/api';
import type { BoardPlace } from '../recordings/storyboard';
import { memory } from '../sharing/consent';
import { FlowMeter, still, type Currents } from '../shoal/flows';
import { percent } from '../shoal/words';
import { Company, nothing } from './company.svelte';
import { Past, type Now } from './past.svelte';
import type { Phase, Plan } from './plan';
import { readLanguage, readWish, writeLanguage, writeWish } from './reading';
import { report, type Report } from './report';
import { SILENT_MS, STALL_TOLD_MS, Silence } from './silence';

/** How often the server is asked whether the channel is live: while waiting, and while the picture tells us anyway. */
const ASK_WAITING_MS = 3_000;
const ASK_PLAYING_MS = 20_000;
/** How often the page looks at player and swarm. */
const LOOK_MS = 1_000;
/** A buffer as good as empty: browsers keep a frame or two. */
const SPENT_MS = 150;

export class Visit {
  phase = $state<Phase>('asking');
  channel = $state.raw<Channel | null>(null);
  trouble = $state('');
  codec = $state(''); // that the browser cannot play, if that is the trouble
  passOver = $state(false);
  paused = $state(true);
  stalled = $state(false);
  silent = $state(false); // nothing comes in: what is seen is not live
  unanswered = $state(false); // the server was asked what is going on, and does not answer
  latencyS = $state<number | null>(null);
  behind = $state(false);
  soundBlocked = $state(false);
  qualities = $state.raw<readonly Quality[]>([]);
  /** What may be read over the picture, if there is anything. */
  texts = $state.raw<{ readonly on: boolean; readonly choices: readonly TextChoice[] } | null>(null);
  quality = $state(-1);
  sounds = $state.raw<readonly Sound[]>([]);
  sound = $state(-1);
  currents = $state.raw<Currents>(still);
  serverBytes = $state(0);
  totals = $state.raw(nothing); // of what went between viewers
  /** Where a key of the player went; its picture is shown for a moment. */
  sought = $state.raw<{ readonly atS: number } | null>(null);
  readonly company: Company;
  readonly past: Past;
  readonly name: string;
  readonly base: string;
  readonly #plan: Plan;
  #video: HTMLVideoElement | null = null;
  #wanted: boolean; // the picture may start
  /** The recording that the page is about, or null: about what is live. */
  readonly epoch: number | null;
  /** The clip that it is about, or ''. */
  readonly clip: string;
  #player: Player | null = null;
  #flows = new FlowMeter();
  #since = 0; // page time from which the first frame is counted: opening, or going live
  #startupMs: number | null = null;
  #epoch: number | null = null;
  #asking = false;
  readonly #silence = new Silence(Math.random());
  #draining = false;
  #askTimer: ReturnType<typeof setTimeout> | undefined;
  #lookTimer: ReturnType<typeof setInterval> | undefined;

  constructor(plan: Plan) {
    const { name, base, token, recording, clip } = plan;
    this.#plan = plan;
    this.name = name;
    this.base = base;
    this.epoch = recording;
    this.clip = clip;
    this.past = new Past(plan);
    this.#wanted = plan.autoplay;
    this.company = new Company({
      name,
      base,
      token,
      ...(recording === null ? {} : { recording }),
      counts: () => ({
        httpBytes: this.#player?.httpBytes ?? 0,
        stalls: this.#player?.stalls.stalls(performance.now()) ?? 0,
        stalledMs: Math.round(this.#player?.stalls.stalledMs(performance.now()) ?? 0),
      }),
    }, plan.remembers ? memory() : null);
  }

  /** Whose recordings and clips these are. */
  get whose(): Whose {
    return this.#plan;
  }

  /** The page is about what is kept, not about what is live. */
  get kept(): boolean {
    return this.epoch !== null || this.clip !== '';
  }

  get viewers(): number {
    return this.company.tracker.connected ? this.company.tracker.viewers : (this.channel?.viewers ?? 0);
  }

  get muted(): boolean {
    return this.#video?.muted ?? false;
  }

  set muted(muted: boolean) {
    if (this.#video) this.#video.muted = muted;
  }

  /** A picture of the channel, or of what is kept, before it plays; '' if there is none. */
  get poster(): string {
    const of = this.past.playing ? this.past.playing.poster : this.kept ? '' : (this.channel?.poster ?? '');
    return of.startsWith('/') ? withToken(this.base + of, this.#plan.token) : of;
  }

  /** The storyboard for the seek bar, or null while there is none. */
  get board(): BoardPlace | null {
    const { token } = this.#plan;
    const { playing } = this.past;
    if (playing) return playing.storyboard ? { address: playing.storyboard, token, offsetS: 0, grows: false } : null;
    const { storyboard = '', started = null } = this.channel ?? {};
    const now = this.#now;
    if (!storyboard || !now || started === null) return null;
    const address = withToken(this.base + storyboard, token);
    return { address, token, offsetS: (now.serverMs - Date.parse(started)) / 1000, grows: true };
  }

  /** Address of the channel's own page. */
  get page(): string {
    return withToken(`${this.base}/c/${this.name}`, this.#plan.token);
  }

  /** Share of the stream that came from viewers, in per cent. */
  get sharePercent(): number | null {
    return percent(this.totals.peerBytes, this.serverBytes);
  }

  begin(video: HTMLVideoElement): () => void {
    this.#video = video;
    const distanceS = (): number => this.#plan.distanceS ?? this.channel?.latencyS ?? LIVE_TARGET_S;
    this.#player = new Player(video, this.#plan.loadHls, {
      token: this.#plan.token,
      distanceS,
      reads: readWish(memory()),
      hears: readLanguage(memory()),
      source: () => this.company.source,
      edges: () => this.company.edges,
      records: () => this.company.swarm,
      follows: (tracks) => this.company.follow(tracks),
      companions: () => this.company.stats()?.peers ?? 0,
      resting: () => this.#resting,
      clockOffsetMs: () => this.company.tracker.clockOffsetMs,
      shown: () => this.#shown(),
      calm: () => this.company.calm(),
      changed: () => this.#look(),
      doubted: () => void this.#ask(),
      troubled: (detail, codec = '') => {
        this.trouble = detail;
        this.codec = codec;
        if (this.phase !== 'ended' && this.phase !== 'interrupted') this.phase = 'trouble';
        this.#judge();
      },
    });
    this.#lookTimer = setInterval(() => this.#tick(), LOOK_MS);
    void this.#ask();
    return () => {
      clearInterval(this.#lookTimer);
      clearTimeout(this.#askTimer);
      this.company.end();
      this.#player?.destroy();
      this.#player = this.#video = null;
    };
  }

  /** Starts the picture, or goes on with it. It rejects, as media elements do, if the browser wants a press of the viewer first. */
  async play(): Promise<void> {
    this.#wanted = true;
    if (this.phase === 'ready' && this.channel) this.#learned(this.channel);
    else if (this.phase === 'playing') await this.#video?.play();
  }

  pause(): void {
    this.#video?.pause();
  }

  report(): Report {
    return report({
      startupMs: this.#startupMs,
      latencyS: this.past.playing ? null : (this.#player?.latencyS ?? null),
      stalls: this.#player?.stalls.stalls(performance.now()) ?? 0,
      stalledMs: this.#player?.stalls.stalledMs(performance.now()) ?? 0,
      playerHttpBytes: this.#player?.httpBytes ?? 0,
      totals: this.company.totals(),
      peers: this.company.stats()?.peers ?? 0,
      sourcesNow: this.currents.sourcesNow,
      flows: this.currents.flows,
      viewers: this.viewers,
      engine: this.company.swarm ? 'wasm' : 'off',
      sharing: this.company.sharing,
      consent: this.company.consent,
    });
  }

  jumpToLive(): void {
    if (this.past.playing) {
      location.assign(`/c/${this.name}`);
      return;
    }
    if (!this.past.rewinding) {
      this.#player?.jumpToLive();
      return;
    }
    this.past.leave();
    this.company.rewinds(false);
    this.#player?.start(this.#playlist);
  }

  seekBy(seconds: number): void {
    const line = this.past.timeline;
    if (line) {
      this.sought = { atS: line.atS + seconds };
      this.seekTo(line.atS + seconds);
    } else this.#player?.seekBy(seconds);
  }

  /** Goes to a place of the timeline, in its seconds. */
  seekTo(seconds: number): void {
    if (this.#player) void this.past.go(this.#player, seconds, this.#now).then((where) => this.#went(where));
  }

  #went(where: 'live' | 'gone'): void {
    if (where === 'live') this.jumpToLive();
    this.company.rewinds(this.past.rewinding);
    this.#look();
  }

  /** The server waits for the streamer to come back. */
  get #resting(): boolean {
    return this.channel?.live === true && !this.channel.publishing;
  }

  get #now(): Now | null {
    const channel = this.channel;
    if (!channel?.live || this.#epoch === null) return null;
    const serverMs = Date.now() + (this.company.tracker.clockOffsetMs ?? 0);
    return { epoch: this.#epoch, started: channel.started, rewindS: channel.rewindS, behindS: this.#player?.latencyS ?? 0, serverMs };
  }

  setQuality(index: number): void {
    if (this.#player) this.#player.choices.quality = index;
  }

  /** Turns to another sound; its language is remembered, if it has one. */
  hear(index: number): void {
    if (!this.#player) return;
    this.#player.choices.sound = index;
    const language = this.sounds[index]?.language;
    if (language) writeLanguage(memory(), language);
  }

  /** Shows captions or not; with a label, those. */
  read(on: boolean, label = this.#player?.texts.wish.label ?? ''): void {
    if (!this.#player?.texts.possible) return;
    this.#player.texts.wish = { on, label };
    writeWish(memory(), { on, label });
  }

  retry(): void {
    this.phase = 'starting';
    if (this.past.rewinding) {
      this.jumpToLive();
      return;
    }
    this.#player?.retry(this.past.playing?.hls ?? this.#playlist);
    void this.#ask();
  }

  get #playlist(): string {
    return withToken(`${this.base}/hls/${this.name}/master.m3u8`, this.#plan.token);
  }

  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    clearTimeout(this.#askTimer);
    this.#silence.asks(performance.now());
    const answer = await askChannel(this.base, this.name, this.#plan.token);
    this.#silence.hears(answer.kind !== 'away', performance.now());
    this.#asking = false;
    if (!this.#player) return;
    if (answer.kind === 'ok') this.#learned(answer.value);
    else if (answer.kind === 'missing') this.phase = 'missing';
    else if (answer.kind === 'private') this.#locked(answer.over);
    else if (this.phase === 'asking') this.phase = 'away';
    if (this.phase !== 'starting') this.#list(); // the picture comes first
    this.#judge();
    // Whatever plays goes on; whatever waits asks again.
    const often = this.phase === 'playing' && !this.stalled && !this.#resting ? ASK_PLAYING_MS : ASK_WAITING_MS;
    this.#askTimer = setTimeout(() => void this.#ask(), often);
  }

  #list(): void {
    void this.past.list(performance.now(), this.phase === 'playing' && !this.past.playing);
  }

  /** There is no pass, or its time has come. */
  #locked(over: boolean): void {
    this.passOver = over;
    this.phase = 'private';
    this.#epoch = null;
    this.company.close();
    this.#player?.stop(false);
  }

  #learned(channel: Channel): void {
    const first = this.channel === null;
    this.channel = channel;
    this.company.allow(channel.sharing.allowed);
    if (first) this.company.preset(this.#plan.preset, location.hostname, channel.sharing.preset_allowed);
    if (this.kept) {
      if (this.phase === 'asking' || this.phase === 'away') void this.#replay();
      return;
    }
    const begun = this.phase === 'starting' || this.phase === 'playing' || this.phase === 'trouble';
    if (!channel.live || (this.past.rewinding && channel.epoch !== this.#epoch)) {
      this.#over(begun);
      return;
    }
    if (this.past.playing || this.past.rewinding || (begun && channel.epoch === this.#epoch)) return;
    if (!this.#wanted) {
      this.phase = 'ready';
      return;
    }
    this.#epoch = channel.epoch;
    this.#draining = false;
    if (this.phase !== 'asking' && this.phase !== 'away') this.#since = performance.now();
    this.phase = 'starting';
    this.#player?.start(this.#playlist);
  }

  async #replay(): Promise<void> {
    this.phase = 'starting';
    const player = this.#player;
    if (!player) return;
    const found = this.epoch === null ? await this.past.openClip(player, this.clip) : await this.past.open(player, this.epoch);
    if (!found) this.phase = 'missing';
  }

  /** The broadcast is over, or has not begun. What is buffered is still shown to its end. */
  #over(begun: boolean): void {
    this.#epoch = null;
    const awaited = this.channel?.awaited === true;
    if (!begun) {
      this.phase = awaited ? 'interrupted' : this.phase === 'ended' || this.phase === 'interrupted' ? 'ended' : 'waiting';
      return;
    }
    if (this.past.playing) return; // the viewer went back, and sees it to its end
    if (this.past.rewinding) {
      void this.past.settle().then((kept) => {
        if (kept) return;
        this.past.leave();
        this.#over(begun);
      });
      return;
    }
    this.company.close();
    if (this.phase === 'playing' && (this.#player?.bufferMs ?? 0) > SPENT_MS) {
      this.#player?.stop(true);
      this.#draining = true;
      return;
    }
    this.#draining = false;
    this.phase = awaited ? 'interrupted' : 'ended';
    void this.past.listAnew();
    this.#player?.stop(false);
  }

  #shown(): void {
    this.#startupMs ??= Math.round(performance.now() - this.#since);
    this.phase = 'playing';
    this.trouble = '';
    if (!this.clip) this.company.open(); // a clip is too short to be shared
    this.#list();
    this.#look();
  }

  #tick(): void {
    const player = this.#player;
    if (!player) return;
    const swarm = this.company.swarm;
    const playhead = player.playhead;
    if (swarm && playhead && !this.past.rewinding) swarm.setPlayhead(playhead);
    const totals = this.company.totals();
    this.serverBytes = player.httpBytes + totals.engineHttpBytes;
    this.totals = totals;
    this.company.stood(player.stalls.stalls(performance.now()), performance.now());
    swarm?.setUplink(uplinkAllowance({ ...totals, serverBytes: this.serverBytes }, player.bitrate));
    this.currents = this.#flows.read({
      atMs: performance.now(),
      serverBytes: this.serverBytes,
      neighbours: this.company.stats()?.neighbours ?? [],
    });
    this.#look();
  }

  #look(): void {
    const player = this.#player;
    if (!player) return;
    this.latencyS = this.past.playing ? null : player.latencyS;
    this.past.look(player, this.#now);
    this.behind = this.past.rewinding || (player.behind && !this.past.playing);
    this.soundBlocked = player.soundBlocked;
    this.qualities = player.choices.qualities;
    this.quality = player.choices.quality;
    this.sounds = player.choices.sounds;
    this.sound = player.choices.sound;
    const { possible, wish, choices } = player.texts;
    this.texts = possible ? { on: wish.on, choices } : null;
    const still = this.#judge();
    if (this.phase !== 'playing') return;
    if (this.past.playing) return;
    if (this.#draining && player.bufferMs <= SPENT_MS) this.#over(true);
    else if (this.#silence.due(still, performance.now()) || (this.company.tracker.ended && !this.#draining)) void this.#ask();
  }

  /** Says how long the picture stands still already, in ms, and why. */
  #judge(): number {
    const now = performance.now();
    const still = this.#player?.stalls.runningMs(now) ?? 0;
    this.stalled = still >= STALL_TOLD_MS;
    this.unanswered = this.#silence.unanswered(this.phase === 'playing' ? still : Infinity, now);
    this.silent = still >= (this.#resting || this.unanswered ? STALL_TOLD_MS : SILENT_MS) && !this.past.playing && !this.past.rewinding;
    return still;
  }
}

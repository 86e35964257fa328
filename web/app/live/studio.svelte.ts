// One streamer at work: what is sent, whether it is on air, what went wrong.
//
// What it is: the state behind the go-live page.
// Who calls it: Live.svelte and its parts.
// What it owns: the session and its end, the clock that looks at it, and what is sent (desk.svelte.ts).
// What it will never do: keep a stream key that it was not asked to keep, or open a device unasked.
import { withToken } from '../../player/address';
import type { Channel } from '../channels/api';
import { askAir, type Air } from './air';
import { Desk } from './desk.svelte';
import { HealthMeter, type Health } from './health';
import { Hearing } from './hearing';
import { askRecording, type Recording } from '../recordings/api';
import { isName, nameIn, passIn, placeInFragment, remember, remembered } from '../place/place';
import * as problems from './problems';
import { refusal, type Problem } from './problems';
import type { Quality } from './quality';
import { NoEncoder, Refused, Whip } from './whip';

/** What is left of a broadcast that was stopped. */
export interface Ended {
  readonly name: string;
  /** The channel's page. It does not open if the channel is `shut`: private, and this page has no pass to it. */
  readonly page: string;
  readonly shut: boolean;
  readonly recording: Recording | null;
}

/** `off`: not sending. `joining`: the server was asked. `sending`: connected. `again`: it broke, and is tried again. */
export type Phase = 'off' | 'joining' | 'sending' | 'again';

const LOOK_MS = 1_000;
const LEVEL_MS = 100;
/** A connection that says nothing for longer is taken for broken. */
const SILENT_MS = 4_000;
/** A first connection takes a second or two. */
const CONNECT_MS = 12_000;
const AGAIN_MS = 2_000;
/** The server frees a place that fell silent after three seconds. */
const OWN_PLACE_TRIES = 4;

export class Studio extends Desk {
  name = $state('');
  key = $state('');
  keep = $state(false);
  phase = $state<Phase>('off');
  air = $state.raw<Air | null>(null); // what the server says, while sending
  health = $state.raw<Health | null>(null);
  heard = $state(true); // the server reports on what is sent
  since = $state<number | null>(null); // when sending began
  ended = $state.raw<Ended | null>(null); // what was stopped last
  #pass = $state.raw({ to: '', pass: '' }); // a private channel, if the streamer came with one
  #whip: Whip | null = null;
  #meter = new HealthMeter();
  #hearing = new Hearing();
  #tries = 0; // since it broke
  #held = false; // the place may still be held by a session of this page that broke
  #attempt = 0; // grows with every start and stop: what belongs to an older one is over
  #connectedAt = 0;
  #troubledAt = 0;
  #timers: ReturnType<typeof setInterval>[] = [];
  #again: ReturnType<typeof setTimeout> | undefined;
  #awake: WakeLockSentinel | null = null;

  /** Reads the address and what is remembered, and looks from then on. Returns the end. */
  begin(): () => void {
    const stored = remembered(storage());
    const { hash } = location;
    const given = placeInFragment(hash);
    if (hash) history.replaceState(null, '', location.pathname + location.search); // a key does not stay on the screen
    this.name = given.name ?? stored?.name ?? '';
    this.#pass = { to: this.name, pass: passIn(hash) };
    this.key = given.key ?? (given.name === undefined || given.name === stored?.name ? (stored?.key ?? '') : '');
    this.keep = stored !== null && stored.key === this.key;
    if (!this.able) this.problem = problems.insecure;
    this.#timers = [setInterval(() => void this.#look(), LOOK_MS), setInterval(() => this.listen(), LEVEL_MS)];
    return () => {
      this.#timers.forEach(clearInterval);
      void this.stop();
      this.close();
    };
  }

  get ready(): boolean {
    return isName(nameIn(this.name)) && this.key.trim() !== '' && this.stream !== null;
  }

  get onAir(): boolean {
    return this.phase === 'sending' && this.heard && this.air?.live === true;
  }

  get channel(): Channel | null {
    return this.air?.channel ?? null;
  }

  /** To the channel that is named, or ''. */
  get pass(): string {
    return this.#pass.to === nameIn(this.name) ? this.#pass.pass : '';
  }

  /** The channel is private, and the link to it that this page knows does not open it. */
  get shut(): boolean {
    return this.air !== null && this.air.channel === null;
  }

  get watchLink(): string {
    return withToken(`${location.origin}/c/${nameIn(this.name)}`, this.pass);
  }

  /** Goes live, in the place of another publisher if `takeover`. */
  async start(takeover = false): Promise<void> {
    if (!this.ready) {
      this.problem = problems.nothingToSend;
      return;
    }
    const pass = passIn(this.name); // the link to watch may stand there
    this.name = nameIn(this.name);
    if (pass) this.#pass = { to: this.name, pass };
    this.problem = null;
    this.since = this.ended = null;
    remember(storage(), this.keep ? { name: this.name, key: this.key.trim() } : null);
    this.phase = 'joining';
    this.#held = false;
    await this.#join(++this.#attempt, true, takeover);
  }

  protected async replace(track: MediaStreamTrack): Promise<void> {
    await this.#whip?.replace(track);
  }

  protected async encode(quality: Quality): Promise<void> {
    await this.#whip?.setQuality(quality);
  }

  async #join(attempt: number, first: boolean, takeover = false): Promise<void> {
    const stream = this.stream;
    if (!stream || attempt !== this.#attempt) return;
    try {
      const whip = await Whip.begin(this.name, this.key.trim(), stream, this.quality, takeover);
      if (attempt !== this.#attempt) return void whip.end();
      this.#whip = whip;
      this.#meter = new HealthMeter();
      this.#hearing = new Hearing();
      this.#connectedAt = 0;
      this.#troubledAt = performance.now();
    } catch (error) {
      if (attempt !== this.#attempt) return;
      const { problem, worth } = error instanceof Refused ? refusal(error.status, error.says)
        : { problem: error instanceof NoEncoder ? problems.noEncoder : refusal(-1, error instanceof Error ? error.message : String(error)).problem, worth: false };
      // A place that was lost a moment ago is still taken, by oneself. Later it is somebody else's: who goes on air when that one stops, nobody expects.
      const own = problem.taken === true && this.#held && this.#tries <= OWN_PLACE_TRIES;
      if (first || !own) this.problem = problem.taken && !first && !this.#held ? problems.takenOver : problem;
      if (worth && !first && (own || !problem.taken)) this.#later(attempt);
      else this.phase = 'off';
    }
  }

  #later(attempt: number): void {
    this.phase = 'again';
    this.#tries++;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => {
      this.#again = undefined;
      void this.#join(attempt, false);
    }, AGAIN_MS);
  }

  async stop(): Promise<void> {
    const { name, pass, air, shut, watchLink: page } = this;
    if (this.phase === 'again' || this.problem === problems.unheard) this.problem = null; // nothing is tried any more
    this.#attempt++;
    clearTimeout(this.#again);
    this.phase = 'off';
    this.health = null;
    this.air = null;
    this.since = null;
    const whip = this.#whip;
    this.#whip = null;
    void this.#awake?.release();
    this.#awake = null;
    await whip?.end();
    if (!air?.live || this.phase !== 'off') return;
    this.ended = { name, page, shut, recording: null };
    if (!air.channel) return;
    const answer = await askRecording({ base: '', name, token: pass }, air.channel.epoch);
    if (answer.kind === 'ok' && this.phase === 'off') this.ended = { name, page, shut, recording: answer.value };
  }

  /** Once a second: does it go, and does the server agree? */
  async #look(): Promise<void> {
    const whip = this.#whip;
    if (!whip) return;
    const { state } = whip;
    const now = performance.now();
    if (state === 'connected') {
      this.#troubledAt = now;
      if (this.#connectedAt === 0) this.#connected(now);
      const entries = [...((await whip.connection.getStats()).values() as Iterable<Record<string, unknown>>)];
      if (whip !== this.#whip) return;
      this.health = this.#meter.read(entries, now);
      this.#hearing.read(entries, now);
      this.#hear(!this.#hearing.unheard);
      const air = await askAir(this.name, this.key.trim(), this.pass);
      if (whip !== this.#whip || !air) return;
      this.air = air;
      // It is there and knows of no publisher: it was started anew, and what is sent reaches nobody. Else a line that broke may mend by itself.
      if (this.#hearing.unheard && !air.publishing) await this.#fell(whip, problems.broken);
      return;
    }
    const before = this.#connectedAt !== 0;
    if (before && state === 'disconnected') this.#hear(false);
    const patience = before ? SILENT_MS : CONNECT_MS;
    if (state !== 'failed' && state !== 'closed' && now - this.#troubledAt < patience) return;
    // Who hung up is still there as a rule and knows why, which is told then: that it broke would be wrong.
    await this.#fell(whip, before ? problems.broken : problems.noRoute, before && state === 'closed');
  }

  /** Says when nothing comes back, and takes it back. */
  #hear(heard: boolean): void {
    this.heard = heard;
    if (!heard) this.problem = problems.unheard;
    else if (this.problem === problems.unheard) this.problem = null;
  }

  /** A session is over that nobody here ended. `why` is told, of one that the server hung up only if it does not answer. */
  async #fell(whip: Whip, why: Problem, hungUp = false): Promise<void> {
    const lasted = performance.now() - this.#connectedAt;
    this.#whip = null;
    this.health = null;
    this.air = null;
    this.problem = hungUp ? null : why;
    const attempt = ++this.#attempt;
    this.#held = true;
    this.#later(attempt);
    const over = await whip.end();
    if (attempt !== this.#attempt || this.#again === undefined) return; // it is tried already
    this.#held = !over;
    if (!over) this.problem = why;
    else if (hungUp && lasted > AGAIN_MS) { // one that ends at once is not begun without a pause
      clearTimeout(this.#again);
      this.#again = undefined;
      await this.#join(attempt, false);
    }
  }

  #connected(now: number): void {
    this.#connectedAt = now;
    this.#tries = 0;
    this.phase = 'sending';
    this.heard = true;
    this.problem = null;
    this.since ??= Date.now();
    void navigator.wakeLock?.request('screen').then((lock) => {
      if (this.phase === 'sending') this.#awake = lock;
      else void lock.release();
    }, () => undefined); // a device that goes to sleep by itself does so
  }
}

function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

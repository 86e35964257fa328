// What lies behind live: the channel's recordings, the one that is played, and going back in what is live.
//
// What it is: the part of a visit that is not about now.
// Who calls it: visit.svelte.ts.
// What it owns: the list of recordings, and where in the past the picture is.
// What it will never do: steer hls.js; it tells the player where to go.
import { withToken } from '../../player/address';
import type { Player } from '../../player/player';
import type { Answer } from '../channels/api';
import { askClip, askRecording, listRecordings, type Recording, type Whose } from '../recordings/api';
import { LIVE_WITHIN_S, placeOf, rewindWindow, type Timeline } from '../recordings/place';

/** The list is asked for again this often while somebody looks at the page: who watches live needs it for what comes next only. */
const AGAIN_MS = 30_000;
const AGAIN_LIVE_MS = 120_000;

/** As many the server lists at once: record.ListMax. */
const LISTED_AT_ONCE = 100;

/** What is live now, as far as going back is concerned. */
export interface Now {
  readonly epoch: number;
  readonly started: string | null;
  readonly rewindS: number;
  readonly behindS: number;
  readonly serverMs: number;
}

export class Past {
  /** Newest first; the server lists so many at once, and older ones when they are asked for. */
  recordings = $state.raw<readonly Recording[]>([]);
  /** There are older ones than those. */
  more = $state(false);
  /** The recording that is played, or null: it is live, or what is past of it. */
  playing = $state.raw<Recording | null>(null);
  /** The viewer went back in what is live. */
  rewinding = $state(false);
  timeline = $state.raw<Timeline | null>(null);
  readonly #whose: Whose;
  #listedAt = -Infinity;
  #epoch = 0; // of what is rewound
  #going = 0; // a newer wish is a greater number

  constructor(whose: Whose) {
    this.#whose = whose;
  }

  /** Asks for the list if it is old. `live`: the picture is. */
  async list(nowMs: number, live: boolean): Promise<void> {
    if (nowMs - this.#listedAt < (live ? AGAIN_LIVE_MS : AGAIN_MS)) return;
    await this.#list(nowMs);
  }

  /** Asks for the list now. */
  async listAnew(): Promise<void> {
    await this.#list(-Infinity);
  }

  async #list(nowMs: number): Promise<void> {
    this.#listedAt = nowMs;
    const answer = await listRecordings(this.#whose);
    if (answer.kind !== 'ok') return;
    const last = answer.value.at(-1)?.epoch ?? 0;
    const older = this.recordings.filter((each) => each.epoch < last); // that were asked for
    this.recordings = [...answer.value, ...older];
    if (older.length === 0) this.more = answer.value.length >= LISTED_AT_ONCE;
  }

  /** Asks for those that are older than all in the list. */
  async listOlder(): Promise<void> {
    const last = this.recordings.at(-1)?.epoch;
    if (!last) return;
    const answer = await listRecordings(this.#whose, last);
    if (answer.kind !== 'ok' || this.recordings.at(-1)?.epoch !== last) return; // asked for twice
    this.recordings = [...this.recordings, ...answer.value];
    this.more = answer.value.length >= LISTED_AT_ONCE;
  }

  /** Plays a recording from its beginning; false if there is none. */
  async open(player: Player, epoch: number): Promise<boolean> {
    const [answer] = await Promise.all([askRecording(this.#whose, epoch), this.listAnew()]);
    return this.#play(player, answer);
  }

  /** Plays a clip; false if there is none. */
  async openClip(player: Player, clip: string): Promise<boolean> {
    return this.#play(player, await askClip(this.#whose, clip));
  }

  #play(player: Player, answer: Answer<Recording>): boolean {
    if (answer.kind !== 'ok') return false;
    this.playing = answer.value;
    player.replay(answer.value.hls, 0);
    return true;
  }

  /** The broadcast that was rewound is over: what is played is its recording from now on. False if it is not kept. */
  async settle(): Promise<boolean> {
    await this.listAnew();
    const found = this.recordings.find((each) => each.epoch === this.#epoch);
    if (!this.rewinding || !found) return false;
    this.rewinding = false;
    this.playing = found;
    return true;
  }

  leave(): void {
    this.#going++;
    this.rewinding = false;
    this.playing = null;
  }

  /** Takes note of where the picture is. */
  look(player: Player, now: Now | null): void {
    const place = player.place;
    if (this.playing) this.timeline = place && { fromS: 0, toS: place.lastsS, atS: place.atS, live: false };
    else this.timeline = now && rewindWindow(now.rewindS, now.started, now.serverMs, now.behindS);
  }

  /** Goes to a place of the timeline. `live` says that the player should go back to live. */
  async go(player: Player, toS: number, now: Now | null): Promise<'live' | 'gone'> {
    const line = this.timeline;
    if (!line) return 'gone';
    const to = Math.min(Math.max(toS, line.fromS), line.toS);
    if (!line.live) {
      player.seekTo(to);
      return 'gone';
    }
    if (this.rewinding) {
      if (to > -LIVE_WITHIN_S) return 'live';
      player.seekTo(Math.max(0, (player.place?.atS ?? player.currentTime) + to - line.atS));
      return 'gone';
    }
    if (to >= line.atS || to > -LIVE_WITHIN_S) { // from farther back hls.js returns to live by itself
      player.seekBy(to - line.atS);
      return 'gone';
    }
    if (now) await this.#rewind(player, now, to);
    return 'gone';
  }

  async #rewind(player: Player, now: Now, to: number): Promise<void> {
    const going = ++this.#going;
    const base = `${this.#whose.base}/hls/${this.#whose.name}/${now.epoch}`;
    const playlist = await fetch(withToken(`${base}/0.m3u8`, this.#whose.token), { cache: 'no-store' }).then((answer) => (answer.ok ? answer.text() : ''), () => '');
    const place = placeOf(playlist, now.serverMs + to * 1000);
    if (going !== this.#going || place === null) return; // nothing is kept yet: it stays where it is
    this.rewinding = true;
    this.#epoch = now.epoch;
    player.replay(`${base}/master.m3u8`, place);
  }
}

// What a viewer may choose of a source: quality and sound.
//
// What it is: the words for what hls.js has, and the way to it.
// Who calls it: player.ts makes it; the page reads and sets it.
// What it owns: the language that was chosen, over sources; how long a new sound may take.
// What it will never do: choose by itself.
import type { default as Hls } from 'hls.js';
import { qualitiesOf, type Quality } from './qualities';
import { soundsOf, type Sound } from './sounds';

/** A new sound is heard within this, or does not come. */
const TURNING_MAX_MS = 4_000;

export class Choices {
  #hls: Hls | null = null;
  #language: string; // of sound, as the viewer chose it, or ''
  #turningUntil = 0;
  readonly #changed: () => void;

  constructor(language: string, changed: () => void) {
    this.#language = language;
    this.#changed = changed;
  }

  /** Of another source, or of none. */
  of(hls: Hls | null): void {
    this.#hls = hls;
    if (hls && this.#language) hls.config.audioPreference = { lang: this.#language };
  }

  /** The new sound of what is being heard has to be there at once: nobody is asked for it but the server. */
  get turning(): boolean {
    return performance.now() < this.#turningUntil;
  }

  /** The new sound is heard. */
  turned(): void {
    this.#turningUntil = 0;
  }

  get qualities(): readonly Quality[] {
    return qualitiesOf(this.#hls?.levels ?? [], this.quality === -1 ? this.#hls?.currentLevel ?? -1 : null);
  }

  get quality(): number {
    return this.#hls?.manualLevel ?? -1;
  }

  set quality(index: number) {
    if (this.#hls) this.#hls.loadLevel = index; // what is in the buffer is still shown: a few seconds, and no stall
    this.#changed();
  }

  get sounds(): readonly Sound[] {
    return soundsOf(this.#hls?.audioTracks ?? []);
  }

  get sound(): number {
    return this.#hls?.audioTrack ?? -1;
  }

  /** What is in the buffer is heard until the new sound is there. */
  set sound(index: number) {
    this.#turningUntil = performance.now() + TURNING_MAX_MS;
    if (this.#hls) this.#hls.nextAudioTrack = index;
    this.#language = this.sounds[index]?.language ?? '';
    this.#changed();
  }
}

// What is sent: the devices that were chosen, and are open.
//
// What it is: the state behind the go-live page's left half, whether anything is on air or not.
// Who calls it: Studio, which is one, and Setup.svelte.
// What it owns: sources, what they show and how loud they are.
// What it will never do: open a device unasked, or know a server.
import { deviceProblem, screenEnded, sourceEnded, type Problem } from './problems';
import type { Quality } from './quality';
import { listDevices, NO_SOUND, Sources, type Devices, type PictureFrom } from './sources';

/** Below this a microphone hears nothing: it is muted, or another one is meant. */
const QUIET_LEVEL = 5;
const QUIET_MS = 6_000;

export abstract class Desk {
  pictureFrom = $state<PictureFrom>('camera');
  camera = $state('');
  microphone = $state('');
  quality = $state<Quality>('720');
  devices = $state.raw<Devices>({ cameras: [], microphones: [] });
  stream = $state.raw<MediaStream | null>(null);
  seen = $state(false); // a picture is open
  level = $state<number | null>(null);
  quiet = $state(false);
  problem = $state.raw<Problem | null>(null);
  #sources: Sources | null = null;
  #quietSince = 0;

  /** Sends another picture, if any is sent. */
  protected abstract replace(track: MediaStreamTrack): Promise<void>;
  /** Sends in another quality, if anything is sent. */
  protected abstract encode(quality: Quality): Promise<void>;

  get able(): boolean {
    return typeof navigator !== 'undefined' && navigator.mediaDevices !== undefined && typeof RTCPeerConnection !== 'undefined';
  }

  /** Opens what is chosen, for the first time or anew. */
  async open(): Promise<void> {
    this.problem = null;
    const sources = (this.#sources ??= new Sources((track) => this.#lost(track)));
    await this.#openPicture(sources);
    await this.#openSound(sources);
    this.devices = await listDevices();
    this.#changed(sources);
  }

  async choosePicture(from: PictureFrom): Promise<void> {
    this.pictureFrom = from;
    await this.#renewPicture();
  }

  async chooseCamera(id: string): Promise<void> {
    this.camera = id;
    await this.#renewPicture();
  }

  async chooseMicrophone(id: string): Promise<void> {
    this.microphone = id;
    const sources = this.#sources;
    if (!sources || !this.stream) return;
    this.problem = null;
    await this.#openSound(sources);
    this.#changed(sources);
  }

  async chooseQuality(quality: Quality): Promise<void> {
    this.quality = quality;
    await this.encode(quality);
    if (this.pictureFrom === 'camera') await this.#renewPicture();
    else await this.#sources?.resize(quality);
  }

  async #renewPicture(): Promise<void> {
    const sources = this.#sources;
    if (!sources || !this.stream) return;
    this.problem = null;
    await this.#openPicture(sources);
    this.#changed(sources);
  }

  async #openPicture(sources: Sources): Promise<void> {
    try {
      if (this.pictureFrom === 'none') return sources.hide();
      const track = this.pictureFrom === 'screen' ? await sources.screen(this.quality) : await sources.camera(this.camera, this.quality);
      if (this.pictureFrom === 'camera') this.camera = track.getSettings().deviceId ?? this.camera;
      await this.replace(track);
    } catch (error) {
      this.problem = deviceProblem(this.pictureFrom === 'screen' ? 'screen' : 'camera', error);
    }
  }

  async #openSound(sources: Sources): Promise<void> {
    if (this.microphone === NO_SOUND) return sources.mute();
    try {
      await sources.microphone(this.microphone);
    } catch (error) {
      this.problem ??= deviceProblem('microphone', error);
    }
  }

  #changed(sources: Sources): void {
    this.seen = sources.picture !== null;
    this.stream = sources.picture || sources.sound ? sources.stream : null;
    this.#quietSince = performance.now();
  }

  #lost(track: MediaStreamTrack): void {
    this.problem = track.kind === 'video' && this.pictureFrom === 'screen' ? screenEnded : sourceEnded;
  }

  /** Hears how loud the microphone is. */
  protected listen(): void {
    const level = this.#sources?.level() ?? null;
    this.level = level;
    const now = performance.now();
    if (level === null || level > QUIET_LEVEL) this.#quietSince = now;
    this.quiet = level !== null && now - this.#quietSince > QUIET_MS;
  }

  protected close(): void {
    this.#sources?.close();
  }
}

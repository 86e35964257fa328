// Where picture and sound come from: camera, screen, microphone.
//
// What it is: the tracks that are open, as one stream to send and to preview.
// Who calls it: studio.svelte.ts.
// What it owns: the devices that it opened, and their end.
// What it will never do: open a device that nobody asked for.
import { FRAMES_A_SECOND, pictures, type Quality } from './quality';

/** `none`: sound alone. */
export type PictureFrom = 'camera' | 'screen' | 'none';

export interface Device {
  readonly id: string;
  readonly label: string;
}

export interface Devices {
  readonly cameras: readonly Device[];
  readonly microphones: readonly Device[];
}

/** The microphone's id that means no sound. */
export const NO_SOUND = 'none';

/** Samples that a level is of: more than pass between two looks at it, so that no short sound is missed. */
const WINDOW = 8192;

export class Sources {
  /** The stream to preview: what is sent, too. */
  readonly stream = new MediaStream();
  #context: AudioContext | null = null;
  #analyser: AnalyserNode | null = null;
  #mixed: MediaStreamAudioDestinationNode | null = null;
  #microphone: MediaStreamTrack | null = null;
  #screenSound: MediaStreamTrack | null = null;
  #inputs: MediaStreamAudioSourceNode[] = [];
  #gone: (track: MediaStreamTrack) => void;

  /** `gone` is called when a track ends by itself. */
  constructor(gone: (track: MediaStreamTrack) => void) {
    this.#gone = gone;
  }

  get picture(): MediaStreamTrack | null {
    return this.stream.getVideoTracks()[0] ?? null;
  }

  get sound(): MediaStreamTrack | null {
    return this.stream.getAudioTracks()[0] ?? null;
  }

  /** Opens a camera; '' is the browser's choice. Throws what the browser throws. */
  async camera(id: string, quality: Quality): Promise<MediaStreamTrack> {
    const { width, height } = pictures[quality];
    const wish: MediaTrackConstraints = { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: FRAMES_A_SECOND, max: FRAMES_A_SECOND } };
    if (id) wish.deviceId = { exact: id };
    const opened = await navigator.mediaDevices.getUserMedia({ video: wish });
    return this.#show(opened.getVideoTracks()[0], null);
  }

  /** Opens a screen or window, with its sound where the browser can. Throws what the browser throws. */
  async screen(quality: Quality): Promise<MediaStreamTrack> {
    const { width, height } = pictures[quality];
    const opened = await navigator.mediaDevices.getDisplayMedia({
      video: { width: { max: width }, height: { max: height }, frameRate: { ideal: FRAMES_A_SECOND, max: FRAMES_A_SECOND } }, audio: true,
    });
    return this.#show(opened.getVideoTracks()[0], opened.getAudioTracks()[0] ?? null);
  }

  /** Makes the screen's picture smaller or larger, without asking for a screen again. */
  async resize(quality: Quality): Promise<void> {
    const { width, height } = pictures[quality];
    await this.picture?.applyConstraints({ width: { max: width }, height: { max: height } }).catch(() => undefined); // else it stays as it is
  }

  #show(track: MediaStreamTrack | undefined, withSound: MediaStreamTrack | null): MediaStreamTrack {
    if (!track) throw new Error('no picture came');
    this.hide();
    track.addEventListener('ended', () => this.#gone(track));
    this.stream.addTrack(track);
    this.#screenSound = withSound;
    this.#mix();
    return track;
  }

  /** Closes the picture. */
  hide(): void {
    for (const track of this.stream.getVideoTracks()) {
      this.stream.removeTrack(track);
      track.stop();
    }
    this.#screenSound?.stop();
    this.#screenSound = null;
    this.#mix();
  }

  /** Opens a microphone; '' is the browser's choice. Throws what the browser throws. */
  async microphone(id: string): Promise<void> {
    const opened = await navigator.mediaDevices.getUserMedia({ audio: { ...(id ? { deviceId: { exact: id } } : {}), echoCancellation: false } });
    const track = opened.getAudioTracks()[0];
    if (!track) throw new Error('no sound came');
    this.mute();
    track.addEventListener('ended', () => this.#gone(track));
    this.#microphone = track;
    this.#mix();
  }

  /** Closes the microphone. */
  mute(): void {
    this.#microphone?.stop();
    this.#microphone = null;
    this.#mix();
  }

  /** Brings microphone and screen together. What is sent stays the same track, whatever goes in. */
  #mix(): void {
    const inputs = [this.#microphone, this.#screenSound].filter((track) => track !== null);
    for (const input of this.#inputs) input.disconnect();
    this.#inputs = [];
    if (inputs.length === 0) {
      for (const track of this.stream.getAudioTracks()) this.stream.removeTrack(track);
      return;
    }
    this.#context ??= new AudioContext({ latencyHint: 'interactive' });
    void this.#context.resume();
    this.#mixed ??= this.#context.createMediaStreamDestination();
    this.#analyser ??= new AnalyserNode(this.#context, { fftSize: WINDOW });
    for (const track of inputs) {
      const input = this.#context.createMediaStreamSource(new MediaStream([track]));
      input.connect(this.#mixed);
      input.connect(this.#analyser);
      this.#inputs.push(input);
    }
    const track = this.#mixed.stream.getAudioTracks()[0];
    if (track && !this.stream.getAudioTracks().includes(track)) this.stream.addTrack(track);
  }

  /** How loud it is, 0 to 100; null without sound. */
  level(): number | null {
    if (!this.#analyser || !this.sound) return null;
    const samples = new Float32Array(this.#analyser.fftSize);
    this.#analyser.getFloatTimeDomainData(samples);
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    const FLOOR_DB = 60;
    return peak === 0 ? 0 : Math.round(Math.min(100, Math.max(0, ((20 * Math.log10(peak) + FLOOR_DB) / FLOOR_DB) * 100)));
  }

  close(): void {
    this.mute();
    this.hide();
    void this.#context?.close();
  }
}

/** What there is to choose from. Labels are empty until the browser was given leave. */
export async function listDevices(): Promise<Devices> {
  const all = await navigator.mediaDevices.enumerateDevices();
  const of = (kind: MediaDeviceKind, name: string): Device[] =>
    all.filter((device) => device.kind === kind && device.deviceId !== '').map((device, i) => ({ id: device.deviceId, label: device.label || `${name} ${i + 1}` }));
  return { cameras: of('videoinput', 'Camera'), microphones: of('audioinput', 'Microphone') };
}

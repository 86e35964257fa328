// One creator at work: which file is sent, and how all uploads of the channel stand.
//
// What it is: the state behind the upload page.
// Who calls it: Uploads.svelte.
// What it owns: the file that is sent, and the clock that asks how uploads stand.
// What it will never do: keep a stream key that it was not asked to keep.
import type { Upload as Sending } from 'tus-js-client';
import { isName, nameIn, placeInFragment, remember, remembered, type Place } from '../place/place';
import { problemIn, refusal } from '../place/refused';
import { deleteUpload, listUploads, type Upload, type UploadList } from './api';
import { begun, worthAnother } from './words';

const LOOK_MS = 1_500;
/** A line that is cut is tried again for about five minutes; then the button does. */
const TRY_AGAIN_MS: readonly number[] = [0, 1_000, 2_000, 4_000, 8_000, ...Array<number>(14).fill(20_000)];

export class Desk {
  name = $state('');
  key = $state('');
  keep = $state(false);
  wrongName = $state(''); // what the server said of them
  wrongKey = $state('');
  file = $state.raw<File | null>(null);
  sent = $state.raw<{ readonly id: string; readonly bytes: number } | null>(null); // what this page sends now
  list = $state.raw<UploadList | null>(null);
  problem = $state('');
  broken = $state(false); // the line is away, and tried again
  #sending: Sending | null = null;
  #asking = false;
  #right: Place | null = null; // whose key the server took

  /** Reads the address and what is remembered, and looks from then on. Returns the end. */
  begin(): () => void {
    const stored = remembered(storage());
    const given = placeInFragment(location.hash);
    if (location.hash) history.replaceState(null, '', location.pathname + location.search); // a key does not stay on the screen
    this.name = given.name ?? stored?.name ?? '';
    this.key = given.key ?? (given.name === undefined || given.name === stored?.name ? (stored?.key ?? '') : '');
    this.keep = stored !== null && stored.key === this.key;
    if (this.place) void this.#ask(this.place);
    const timer = setInterval(() => void this.look(), LOOK_MS);
    return () => {
      clearInterval(timer);
      void this.#sending?.abort();
    };
  }

  get place(): Place | null {
    const name = nameIn(this.name);
    const key = this.key.trim();
    return isName(name) && key !== '' ? { name, key } : null;
  }

  /** What is still to be done before something can be sent, or ''. */
  get lacks(): string {
    if (!isName(nameIn(this.name)) || this.key.trim() === '') return 'Enter the channel and its stream key: whoever made the channel has them.';
    return this.file === null ? 'Choose a video.' : '';
  }

  get ready(): boolean {
    return this.place !== null && this.file !== null && this.sent === null;
  }

  /** What is told of an upload, with what this page knows better. */
  get uploads(): readonly Upload[] {
    return (this.list?.uploads ?? []).map((each) =>
      each.id === this.sent?.id && each.state === 'receiving'
        ? { ...each, received: this.sent.bytes, percent: each.length > 0 ? Math.floor((100 * this.sent.bytes) / each.length) : 0 }
        : each,
    );
  }

  /** Asks how uploads stand, with a key that was right: what is still being typed counts as a wrong one. */
  async look(): Promise<void> {
    const { place } = this;
    if (place && !this.#asking && this.#right?.name === place.name && this.#right.key === place.key) await this.#ask(place);
  }

  async #ask(place: Place): Promise<UploadList | null> {
    this.#asking = true;
    const told = await listUploads(place);
    this.#asking = false;
    this.broken = told.kind === 'away';
    if (told.kind === 'ok') {
      this.wrongKey = this.wrongName = '';
      this.#right = place;
      return (this.list = told.value);
    }
    if (told.kind === 'refused') {
      this.list = this.#right = null;
      if (told.status === 401) this.wrongKey = told.says;
      else if (told.status === 404) this.wrongName = told.says;
      else this.problem = told.says;
    }
    return null;
  }

  /** Sends the file, from where an earlier try stopped. */
  async start(): Promise<void> {
    const { file, place } = this;
    if (!file || !place || this.sent) return;
    this.problem = '';
    const list = await this.#ask(place);
    if (!list) {
      if (!this.wrongKey && !this.wrongName) this.problem ||= 'The server does not answer. Try again in a minute.';
      return;
    }
    if (!list.able) {
      this.problem = list.says;
      return;
    }
    remember(storage(), this.keep ? place : null);
    await this.#send(file, place, begun(list.uploads, file));
  }

  async #send(file: File, place: Place, earlier: Upload | undefined): Promise<void> {
    const { DetailedError, Upload: Sender } = await import('tus-js-client');
    const begins = earlier?.id ?? '';
    this.sent = { id: begins, bytes: earlier?.received ?? 0 };
    const sending = new Sender(file, {
      endpoint: `/uploads/${place.name}`,
      ...(earlier ? { uploadUrl: earlier.address } : {}),
      headers: { Authorization: `Bearer ${place.key}` },
      metadata: { filename: file.name },
      retryDelays: [...TRY_AGAIN_MS],
      onShouldRetry: (error) => worthAnother(error.originalResponse?.getStatus() ?? 0),
      storeFingerprintForResuming: false, // the server knows what it has, also when another browser asks
      onUploadUrlAvailable: () => {
        this.sent = { id: sending.url?.split('/').pop() ?? '', bytes: this.sent?.bytes ?? 0 };
        void this.look();
      },
      onProgress: (bytes) => (this.sent = { id: this.sent?.id ?? '', bytes }),
      onSuccess: () => this.#end(''),
      onError: (error) => {
        const answer = error instanceof DetailedError ? error.originalResponse : null;
        this.#end(answer ? (refusal(answer.getStatus(), place.name) ?? problemIn(answer.getBody())) : 'The line to the server is cut. What was sent is kept: press Upload to go on.');
      },
    });
    this.#sending = sending;
    sending.start();
  }

  #end(problem: string): void {
    this.#sending = null;
    this.sent = null;
    this.problem = problem;
    if (problem === '') this.file = null;
    void this.look();
  }

  /** Stops sending; what was sent is kept. */
  async pause(): Promise<void> {
    await this.#sending?.abort();
    this.#end('');
  }

  async remove(upload: Upload): Promise<void> {
    const { place } = this;
    if (!place) return;
    if (this.sent?.id === upload.id) await this.pause();
    const told = await deleteUpload(place, upload);
    if (told.kind === 'refused') this.problem = told.says;
    await this.#ask(place);
  }
}

function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null; // forbidden
  }
}
